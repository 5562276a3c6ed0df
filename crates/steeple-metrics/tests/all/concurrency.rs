use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use steeple_metrics::{Registry, Value};

use crate::parser::{Labels, parse};

/// Ends the writing when the reader ends, be it by a panic.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[test]
fn recording_while_rendering_loses_nothing() {
    const THREADS: usize = 4;
    const RECORDS_A_COUNT: usize = 100;
    let registry = Registry::builder().series_limit(50).build().unwrap();
    let done = AtomicBool::new(false);
    let counts: usize = thread::scope(|scope| {
        let writers: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (registry, done) = (&registry, &done);
                scope.spawn(move || {
                    let histogram = registry.histogram("h", &[]).unwrap();
                    let mut counts = 0;
                    while !done.load(Ordering::Acquire) {
                        (0..RECORDS_A_COUNT).for_each(|_| histogram.record(2.0));
                        let label = format!("{thread}-{counts}");
                        let counter = registry.counter("c", &[("label", &label)]).unwrap();
                        counter.increment(1);
                        counts += 1;
                    }
                    counts
                })
            })
            .collect();
        look_while_it_grows(&registry, Done(&done));
        writers
            .into_iter()
            .map(|writer| writer.join().unwrap())
            .sum()
    });
    let snapshot = registry.snapshot();
    let histogram = snapshot
        .value("h", &[])
        .and_then(Value::as_histogram)
        .unwrap();
    let records = counts * RECORDS_A_COUNT;
    assert_eq!(histogram.count(), records as u64);
    assert_eq!(histogram.sum(), (2 * records) as f64);
    let counters = &snapshot.family("c").unwrap().series;
    let total: u64 = counters
        .iter()
        .filter_map(|series| series.value.as_counter())
        .sum();
    assert_eq!(total, counts as u64);
    assert_eq!(counters.len(), counts.min(51));
}

/// Looks until it has seen recording go on between two looks, many times.
fn look_while_it_grows(registry: &Registry, _done: Done<'_>) {
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut last = 0.0;
    let mut growths = 0;
    while growths < 20 {
        assert!(
            Instant::now() < deadline,
            "{growths} looks saw something new"
        );
        let families = parse(&registry.render());
        let Some(histogram) = families.get("h") else {
            continue;
        };
        let value = |name: &str, le: Option<&str>| {
            let wanted = |labels: &Labels| labels.get("le").map(String::as_str) == le;
            let mut samples = histogram.samples.iter();
            let found = samples.find(|sample| sample.0 == name && wanted(&sample.1));
            found.expect("a histogram has it").2
        };
        let count = value("h_count", None);
        assert_eq!(count, value("h_bucket", Some("+Inf")));
        assert!(count >= last);
        growths += u32::from(count > last);
        last = count;
    }
}
