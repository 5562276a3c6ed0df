//! What rendering takes beside the registry.

use std::time::Duration;

use allocation_counter::AllocationInfo;
use steeple_metrics::{Builder, Escaping, Exemplar, Format, Matcher, NativeConfig, Registry};

/// Lines of a series: 15 buckets, sum and count.
const LINES: usize = 17;

fn registry(metrics: usize, series: usize) -> Registry {
    let registry = Registry::builder()
        .series_limit(series)
        .total_series_limit(metrics * series + 100)
        .utf8_names(true)
        .build()
        .expect("valid names and settings");
    for metric in 0..metrics {
        for series in 0..series {
            // With something to escape.
            let labels = [("http.route", &*format!("/\"{series:05}\""))];
            let name = format!("http.server.{metric:03}.duration");
            registry
                .histogram(&name, &labels)
                .expect("valid names and settings")
                .record(0.25);
        }
    }
    registry
}

/// What rendering takes, once it is rendered for the first time.
fn rendering(registry: &Registry, format: Format) -> AllocationInfo {
    let mut chunk = Vec::new();
    let mut render = || {
        let mut exposition = registry.exposition(format);
        while exposition.next_into(&mut chunk) {}
    };
    render();
    allocation_counter::measure(render)
}

fn texts() -> [Format; 5] {
    [
        Format::Text,
        Format::TextVersion1(Escaping::AllowUtf8),
        Format::TextVersion1(Escaping::Values),
        Format::OpenMetrics(Escaping::AllowUtf8),
        Format::OpenMetrics(Escaping::Dots),
    ]
}

#[test]
fn a_text_of_a_million_lines_takes_no_more_than_one_of_ten_thousand() {
    let [small, large] = [10_000, 1_000_000].map(|lines| registry(1, lines / LINES + 1));
    for format in texts() {
        let [small, large] = [&small, &large].map(|registry| rendering(registry, format));
        assert_eq!(large.count_total, small.count_total, "{format:?}");
        assert_eq!(large.bytes_max, small.bytes_max, "{format:?}");
        assert!(large.bytes_max < 64 * 1_024, "{format:?}: {large:?}");
    }
}

/// Renders few and many series of the histogram `h` and counts what the many allocate beyond the few.
fn allocations_of_more_series(builder: impl Fn() -> Builder, format: Format) -> u64 {
    let [few, many] = [10, 500].map(|series| {
        let registry = builder().global_label("region", "eu").build();
        let registry = registry.expect("valid settings");
        for series in 0..series {
            let labels = [("route", &*series.to_string())];
            let histogram = registry.histogram("h", &labels).expect("valid names");
            // From series to series there is more to read.
            (1..100 + series).for_each(|value| histogram.record(f64::from(value)));
        }
        rendering(&registry, format).count_total
    });
    many - few
}

#[test]
fn summaries_allocate_nothing_for_a_series_or_a_line() {
    let builder = || Registry::builder().default_summary(&[0.5, 0.9, 0.99]);
    for format in texts() {
        let allocations = allocations_of_more_series(builder, format);
        // Of many series there is a second page.
        assert!(allocations <= 8, "{format:?}: {allocations}");
    }
}

#[test]
fn exemplars_allocate_nothing_for_a_series_or_a_line() {
    let builder =
        || Registry::builder().exemplar_source(|| Some(Exemplar::new([0xab; 16], [0xcd; 8])));
    let message = Format::Protobuf(Escaping::Underscores);
    for format in texts().into_iter().chain([message]) {
        let allocations = allocations_of_more_series(builder, format);
        // Of many series there is a second page, and a message that grows.
        assert!(allocations <= 24, "{format:?}: {allocations}");
    }
}

#[test]
fn native_histograms_allocate_nothing_for_a_series_or_a_line() {
    let configs = [
        NativeConfig::new(),
        NativeConfig::new().with_classic_buckets().max_buckets(10),
        NativeConfig::new()
            .max_buckets(10)
            .min_reset_duration(Duration::from_secs(3_600)),
    ];
    let message = Format::Protobuf(Escaping::Underscores);
    for config in configs {
        let builder = || Registry::builder().native_histograms(Matcher::full("h"), config.clone());
        for format in texts().into_iter().chain([message]) {
            let allocations = allocations_of_more_series(builder, format);
            // Of many series there is a second page, and a message that grows.
            assert!(allocations <= 24, "{config:?}, {format:?}: {allocations}");
        }
    }
}

#[test]
fn messages_take_the_memory_of_the_largest_one() {
    let [few, many] = [2, 40].map(|metrics| registry(metrics, 500));
    for escaping in [Escaping::Underscores, Escaping::AllowUtf8, Escaping::Dots] {
        let [few, many] =
            [&few, &many].map(|registry| rendering(registry, Format::Protobuf(escaping)));
        assert!(
            many.bytes_max < few.bytes_max + 4 * 1_024,
            "{few:?} {many:?}"
        );
    }
    // A longer message takes longer buffers, and nothing for each of its series.
    let long = registry(2, 5_000);
    let [short, long] =
        [&few, &long].map(|registry| rendering(registry, Format::Protobuf(Escaping::Dots)));
    assert!(
        long.count_total <= short.count_total + 8,
        "{short:?} {long:?}"
    );
}
