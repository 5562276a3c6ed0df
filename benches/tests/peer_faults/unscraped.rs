//! A service that nobody scrapes.

use metrics::{Key, Level, Metadata, Recorder};
use metrics_exporter_prometheus::PrometheusBuilder;
use steeple_tests::process::{isolated, resident_bytes, sized};

#[test]
fn metrics_exporter_prometheus_keeps_every_sample_until_it_is_scraped() {
    isolated(
        "unscraped::metrics_exporter_prometheus_keeps_every_sample_until_it_is_scraped",
        || {
            let recorder = PrometheusBuilder::new()
                .set_buckets(&[0.1, 1.0])
                .expect("two boundaries")
                .build_recorder();
            let metadata = Metadata::new("peer_faults", Level::INFO, None);
            let key = Key::from_name("duration");
            let histogram = recorder.register_histogram(&key, &metadata);
            let samples = sized(2_000_000, 50_000_000);
            let before = resident_bytes().expect("Linux");
            (0..samples).for_each(|_| histogram.record(0.2));
            let grown = resident_bytes().expect("Linux").saturating_sub(before);
            recorder.handle().render();
            let scraped = resident_bytes().expect("Linux");
            let bytes = grown as f64 / samples as f64;
            eprintln!(
                "{samples} samples: {bytes:.1} bytes each, {} MiB left after the scrape",
                scraped.saturating_sub(before) >> 20
            );
            assert!((8.0..32.0).contains(&bytes), "{bytes} bytes a sample");
        },
    );
}
