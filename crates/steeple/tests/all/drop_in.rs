//! The registry in the place of metrics-exporter-prometheus, as docs/metrics-exporter-prometheus.md tells.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use metrics_exporter_prometheus::{Matcher as TheirMatcher, PrometheusBuilder};
use steeple::{
    Steeple,
    metrics::{Builder, Matcher, Value},
    ops::Ops,
};

use crate::service;

const PAGE: &str = include_str!("../../../../docs/metrics-exporter-prometheus.md");

/// By name and sorted labels.
type Series = BTreeMap<(String, Vec<String>), f64>;

fn record() {
    for (number, country) in ["NZ", "SE", "NZ", "AR", "NZ"].into_iter().enumerate() {
        counter!("orders_total", "country" => country, "zone" => "own").increment(2);
        counter!("io").increment(1_024);
        gauge!("level", "tank" => country).set(number as f64 - 1.5);
        histogram!("checkout_seconds", "country" => country).record(0.3 * number as f64);
    }
    for number in 1..=1_000 {
        histogram!("wait").record(f64::from(number) * 0.001);
        histogram!("sizes", "of" => "a b").record(f64::from(number * number));
    }
}

/// An observation of each histogram.
fn begin() {
    describe_counter!("io", Unit::Bytes, "Bytes read.");
    describe_histogram!("wait", Unit::Seconds, "Time in the queue.");
    for country in ["NZ", "SE", "AR"] {
        histogram!("checkout_seconds", "country" => country).record(0.3);
    }
    histogram!("wait").record(0.3);
    histogram!("sizes", "of" => "a b").record(100.0);
}

/// What both sides show of what [`begin`] and [`record`] record.
fn sides(theirs: PrometheusBuilder, ours: Builder) -> (Series, Series) {
    let theirs = theirs.build_recorder();
    metrics::with_local_recorder(&theirs, begin);
    // Of what comes before the first upkeep, its summaries know the latest 64 observations at most.
    theirs.handle().run_upkeep();
    metrics::with_local_recorder(&theirs, record);
    let ours = ours.build().unwrap();
    metrics::with_local_recorder(&ours, begin);
    metrics::with_local_recorder(&ours, record);
    let (theirs, mut ours) = (read(&theirs.handle().render()), read(&ours.render()));
    ours.retain(|(name, _), _| !name.starts_with("steeple_"));
    (theirs, ours)
}

fn read(text: &str) -> Series {
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = series.split_once('{').unwrap_or((series, ""));
            let labels = labels.trim_end_matches('}').split_terminator(',');
            let mut labels: Vec<_> = labels.map(str::to_owned).collect();
            labels.sort_unstable();
            ((name.to_owned(), labels), value.parse().unwrap())
        })
        .collect()
}

#[test]
fn buckets_global_labels_and_names_come_out_the_same() {
    let (theirs, ours) = sides(
        PrometheusBuilder::new()
            .set_buckets_for_metric(
                TheirMatcher::Full("checkout_seconds".to_owned()),
                &[0.5, 1.0],
            )
            .unwrap()
            .set_buckets_for_metric(TheirMatcher::Prefix("si".to_owned()), &[1e3, 1e5])
            .unwrap()
            .set_buckets(&[0.25, 0.5])
            .unwrap()
            .add_global_label("zone", "common")
            .add_global_label("region", "eu"),
        Builder::new()
            .buckets(Matcher::full("checkout_seconds"), &[0.5, 1.0])
            .buckets(Matcher::prefix("si"), &[1e3, 1e5])
            .default_buckets(&[0.25, 0.5])
            .global_label("zone", "common")
            .global_label("region", "eu"),
    );
    assert_eq!(theirs.len(), 32);
    assert_same(&theirs, &ours);
}

/// The sums may differ by what adding in another order makes.
fn assert_same(theirs: &Series, ours: &Series) {
    let names = |series: &Series| series.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(theirs), names(ours));
    for (series, value) in theirs {
        let difference = (ours[series] - value).abs();
        assert!(
            difference <= value.abs() * 1e-12,
            "{series:?}: {} for {value}",
            ours[series]
        );
    }
}

#[test]
fn recommended_names_come_out_the_same() {
    let (theirs, ours) = sides(
        PrometheusBuilder::new()
            .set_buckets(&[0.25, 0.5])
            .unwrap()
            .with_recommended_naming(true),
        Builder::new()
            .default_buckets(&[0.25, 0.5])
            .unit_suffixes(true),
    );
    assert!(ours.contains_key(&("io_bytes_total".to_owned(), Vec::new())));
    assert!(ours.contains_key(&("wait_seconds_count".to_owned(), Vec::new())));
    assert_same(&theirs, &ours);
}

#[test]
fn quantiles_come_out_within_one_percent_and_sums_and_counts_the_same() {
    let quantiles = [0.0, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0];
    let (theirs, ours) = sides(
        PrometheusBuilder::new().set_quantiles(&quantiles).unwrap(),
        Builder::new().default_summary(&quantiles),
    );
    let is_quantile = |labels: &[String]| labels.iter().any(|label| label.starts_with("quantile"));
    let split = |series: Series| -> (Series, Series) {
        series
            .into_iter()
            .partition(|((_, labels), _)| is_quantile(labels))
    };
    let ((their_quantiles, theirs), (our_quantiles, ours)) = (split(theirs), split(ours));
    assert_same(&theirs, &ours);
    assert_eq!(their_quantiles.len(), 5 * quantiles.len());
    for (series, value) in &their_quantiles {
        let found = our_quantiles[series];
        assert!(
            (found - value).abs() <= value.abs() * 0.01,
            "{series:?}: {found} for {value}"
        );
    }
    assert_eq!(our_quantiles.len(), their_quantiles.len());
}

#[test]
fn label_values_that_the_exporter_writes_alike_stay_apart() {
    let record = || {
        for value in ["\"", "\\\""] {
            counter!("quotes", "value" => value).increment(1);
        }
    };
    let count = |text: &str| {
        let mut lines: Vec<_> = text
            .lines()
            .filter(|line| line.starts_with("quotes{"))
            .collect();
        lines.sort_unstable();
        lines.dedup();
        lines.len()
    };
    let theirs = PrometheusBuilder::new().build_recorder();
    metrics::with_local_recorder(&theirs, record);
    let ours = Builder::new().build().unwrap();
    metrics::with_local_recorder(&ours, record);
    assert_eq!(
        (count(&theirs.handle().render()), count(&ours.render())),
        (1, 2)
    );
}

#[test]
fn what_comes_out_otherwise_is_as_the_page_tells() {
    let record = || {
        describe_gauge!("heap_total", Unit::Bytes, "Memory.");
        gauge!("heap_total").set(1.0);
        counter!("1st").increment(2);
        counter!("twice", "of" => "1", "of" => "2").increment(3);
        counter!("late").increment(4);
        describe_counter!("late", Unit::Bytes, "Too late for its name.");
    };
    let naming = PrometheusBuilder::new().with_recommended_naming(true);
    let theirs = naming.build_recorder();
    metrics::with_local_recorder(&theirs, record);
    let ours = Builder::new().unit_suffixes(true).build().unwrap();
    metrics::with_local_recorder(&ours, record);
    let (theirs, ours) = (theirs.handle().render(), ours.render());
    for (before, now) in [
        ("\nheap_bytes_total 1\n", "\nheap_total_bytes 1\n"),
        ("\n_st_total 2\n", "\n_1st_total 2\n"),
        (r#"twice_total{of="2"} 3"#, r#"twice_total{of="1;2"} 3"#),
        ("\nlate_bytes_total 4\n", "\nlate_total 4\n"),
    ] {
        assert!(theirs.contains(before), "{before} is not in {theirs}");
        assert!(ours.contains(now), "{now} is not in {ours}");
    }
    let late = r#"steeple_metrics_rejected_total{reason="late_unit"} 1"#;
    assert!(ours.contains(late), "{ours}");
}

#[test]
fn the_listener_of_the_page_serves_what_is_recorded() {
    let registry = Builder::new().build().unwrap();
    let ops = Ops::builder(registry.clone())
        .address(([127, 0, 0, 1], 0).into())
        .bind()
        .unwrap();
    metrics::with_local_recorder(&registry, || counter!("orders").increment(3));
    let mut client = TcpStream::connect(ops.local_addr()).unwrap();
    let request = "GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    client.write_all(request.as_bytes()).unwrap();
    let mut served = String::new();
    client.read_to_string(&mut served).unwrap();
    assert!(served.contains("\norders 3\n"), "{served}");
}

#[test]
fn an_instance_takes_the_same_settings() {
    let steeple = Steeple::builder("shop")
        .private()
        .without_ops()
        .registry(|registry| {
            registry
                .global_label("region", "eu")
                .summary(Matcher::full("wait"), &[0.5])
                .summary_window(Duration::from_secs(1))
                .default_buckets(&[1.0])
                .unit_suffixes(true)
        })
        .build()
        .unwrap();
    let started = Instant::now();
    service::serve(steeple.observer(), begin);
    service::serve(steeple.observer(), record);
    let text = steeple.registry().render();
    for line in [
        r#"io_bytes_total{region="eu"} 5120"#,
        r#"sizes_count{of="a b",region="eu"} 1001"#,
        r#"target_info{region="eu",service_name="shop"} 1"#,
        r#"wait_seconds_count{region="eu"} 1001"#,
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    let is_labelled = |line: &str| line.starts_with('#') || line.contains(r#"region="eu""#);
    assert!(text.lines().all(is_labelled), "{text}");
    loop {
        let snapshot = steeple.registry().snapshot();
        let wait = snapshot.value("wait_seconds", &[("region", "eu")]);
        if wait
            .and_then(Value::as_summary)
            .unwrap()
            .quantile(0.5)
            .unwrap()
            .is_nan()
        {
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Tells the names of methods that exist.
macro_rules! methods {
    ($owner:ty: $($method:ident)*) => {{
        $(let _ = <$owner>::$method;)*
        [$(stringify!($method)),*]
    }};
}

#[test]
fn every_setting_has_its_row() {
    let rows: Vec<_> = PAGE
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    let left: Vec<_> = rows
        .iter()
        .map(|row| row.split(" | ").next().unwrap())
        .collect();
    let theirs = methods!(PrometheusBuilder:
        set_quantiles set_bucket_duration set_bucket_count set_buckets with_recommended_naming set_buckets_for_metric
        set_native_histogram_for_metric upkeep_timeout install install_recorder build build_recorder
    );
    // Generic, deprecated or with other features.
    let others = [
        "add_allowed_address",
        "add_global_label",
        "idle_timeout",
        "set_enable_unit_suffix",
        "with_http_listener",
        "with_http_uds_listener",
        "with_push_gateway",
    ];
    for method in theirs.iter().chain(&others) {
        let quoted = format!("`{method}`");
        assert!(left.iter().any(|cell| cell.contains(&quoted)), "{method}");
    }
    let right = rows.iter().filter_map(|row| row.split(" | ").nth(1));
    let right: String = right.collect();
    let ours = methods!(Builder: buckets default_buckets default_summary summary summary_window native_histograms
        unit_suffixes build install);
    for method in ours
        .iter()
        .chain(&["global_label", "idle_timeout", "idle_timeout_of"])
    {
        assert!(right.contains(&format!("`{method}(")), "{method}");
    }
}
