//! F5: a service that nobody scrapes, without a runtime and without upkeep.

use metrics::{Key, Level, Metadata, Recorder};
use steeple::metrics::Registry;
use steeple_tests::process::{isolated, resident_bytes, sized};

#[test]
fn observations_that_nobody_scrapes_take_no_memory() {
    isolated(
        "unscraped::observations_that_nobody_scrapes_take_no_memory",
        || {
            let registry = Registry::new();
            let metadata = Metadata::new("faults", Level::INFO, None);
            let histogram = registry.register_histogram(&Key::from_name("duration"), &metadata);
            let observations = sized(5_000_000, 50_000_000);
            histogram.record(0.2);
            let before = resident_bytes().unwrap();

            (1..observations).for_each(|_| histogram.record(0.2));

            let grown = resident_bytes().unwrap().saturating_sub(before);
            eprintln!("{observations} observations: grown by {grown} bytes");
            assert!(grown <= 1 << 20, "grown by {grown} bytes");
            let snapshot = registry.snapshot();
            let distribution = snapshot
                .value("duration", &[])
                .and_then(|value| value.as_histogram());
            assert_eq!(distribution.unwrap().count(), observations);
        },
    );
}
