//! F5: a service that nobody scrapes, without a runtime and without upkeep.

use metrics::{Key, Level, Metadata, Recorder};
use steeple::metrics::{Exemplar, Matcher, NativeConfig, Registry, Value};
use steeple_tests::process::{isolated, resident_bytes};

const OBSERVATIONS: u64 = 100_000_000;

#[test]
fn observations_that_nobody_scrapes_take_no_memory() {
    isolated(
        "unscraped::observations_that_nobody_scrapes_take_no_memory",
        || {
            let registry = Registry::builder()
                .native_histograms(Matcher::full("native"), NativeConfig::new())
                .summary(Matcher::full("summary"), &[0.5, 0.99])
                .exemplar_source(|| Some(Exemplar::new([0xab; 16], [0xcd; 8])))
                .build()
                .unwrap();
            let metadata = Metadata::new("faults", Level::INFO, None);
            let names = ["classic", "native", "summary"];
            let histograms =
                names.map(|name| registry.register_histogram(&Key::from_name(name), &metadata));
            let record = |observation: u64| {
                let histogram = &histograms[(observation % 3) as usize];
                histogram.record((1 + observation % 1_000) as f64 * 1e-3);
            };
            let warm_up = 30_000;
            (0..warm_up).for_each(record);
            let before = resident_bytes().unwrap();

            (warm_up..OBSERVATIONS).for_each(record);

            let grown = resident_bytes().unwrap().saturating_sub(before);
            eprintln!("{OBSERVATIONS} observations: grown by {grown} bytes");
            assert!(grown <= 1 << 20, "grown by {grown} bytes");
            let snapshot = registry.snapshot();
            let count = |name| match snapshot.value(name, &[]) {
                Some(Value::Histogram(histogram)) => histogram.count(),
                Some(Value::Summary(summary)) => summary.count(),
                other => panic!("{name}: {other:?}"),
            };
            assert_eq!(names.map(count).iter().sum::<u64>(), OBSERVATIONS);
        },
    );
}
