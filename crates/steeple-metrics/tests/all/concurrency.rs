use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use steeple_metrics::{Registry, Value};

use crate::parser::parse;

#[test]
fn recording_while_rendering_loses_nothing() {
    const THREADS: usize = 4;
    const RECORDS: usize = 20_000;
    let registry = Registry::builder().series_limit(50).build().unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut looks = 0;
            let mut last = 0.0;
            while !done.load(Ordering::Acquire) {
                let families = parse(&registry.render());
                if let Some(histogram) = families.get("h") {
                    let value = |name: &str, le: Option<&str>| {
                        let wanted = |labels: &crate::parser::Labels| {
                            labels.get("le").map(String::as_str) == le
                        };
                        histogram
                            .samples
                            .iter()
                            .find(|s| s.0 == name && wanted(&s.1))
                            .unwrap()
                            .2
                    };
                    let count = value("h_count", None);
                    assert_eq!(count, value("h_bucket", Some("+Inf")));
                    assert!(count >= last);
                    last = count;
                }
                looks += 1;
            }
            looks
        });
        let writers: Vec<_> = (0..THREADS)
            .map(|thread| {
                let registry = &registry;
                scope.spawn(move || {
                    let histogram = registry.histogram("h", &[]).unwrap();
                    for record in 0..RECORDS {
                        histogram.record(2.0);
                        if record % 100 == 0 {
                            let label = format!("{thread}-{record}");
                            registry
                                .counter("c", &[("label", &label)])
                                .unwrap()
                                .increment(1);
                        }
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        done.store(true, Ordering::Release);
        assert!(reader.join().unwrap() > 0);
    });
    let snapshot = registry.snapshot();
    let histogram = snapshot
        .value("h", &[])
        .and_then(Value::as_histogram)
        .unwrap();
    assert_eq!(histogram.count(), (THREADS * RECORDS) as u64);
    assert_eq!(histogram.sum(), (2 * THREADS * RECORDS) as f64);
    let counters = &snapshot.family("c").unwrap().series;
    let total: u64 = counters
        .iter()
        .filter_map(|series| series.value.as_counter())
        .sum();
    assert_eq!(total, (THREADS * RECORDS / 100) as u64);
    assert_eq!(counters.len(), 51);
}
