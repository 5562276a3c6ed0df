//! One registry in every format, as real scrapers read it.

use std::{collections::BTreeSet, net::SocketAddr, time::Duration};

use steeple::{
    metrics::{Exemplar, Matcher, NativeConfig, Registry},
    ops::Ops,
};
use steeple_tests::backends::{PromQl, Prometheus, Sample, VictoriaMetrics};

use crate::{
    exposition::{Series, Values, values},
    proxy::Proxy,
};

/// Prometheus may take 20 s to its first scrape.
const SCRAPED: Duration = Duration::from_secs(60);
const TEXT: &str = "text/plain;version=0.0.4";
const OPEN_METRICS: &str = "application/openmetrics-text;version=1.0.0";
const PROTOBUF: &str = "application/vnd.google.protobuf";
const TRACE: [u8; 16] = [0xab; 16];

fn serve(registry: &Registry) -> Ops {
    let address = ([127, 0, 0, 1], 0).into();
    Ops::builder(registry.clone())
        .address(address)
        .bind()
        .unwrap()
}

/// Every kind, with values and labels that are easily got wrong.
fn shop() -> Registry {
    let registry = Registry::builder()
        .exemplar_source(|| Some(Exemplar::new(TRACE, [0xcd; 8])))
        .summary(Matcher::full("shop_delay_seconds"), &[0.0, 0.5, 0.99, 1.0])
        .summary_window(Duration::from_secs(3_600))
        .global_label("region", "a\"\\b")
        .build()
        .unwrap();
    let nasty = [
        "\"",
        "\\\"",
        "\\",
        "\n",
        "a\\nb",
        "ä€🦀",
        "{}=,",
        "le=\"0.5\"",
        "\u{1b}",
    ];
    for (number, of) in nasty.into_iter().enumerate() {
        let labels = [("of", of)];
        let orders = registry.counter("shop_orders_total", &labels).unwrap();
        orders.increment(1 << (7 * number));
        let weight = registry.gauge("shop_weight_ratio", &labels).unwrap();
        weight.set([0.1, -1e-300, 1e300, f64::INFINITY, f64::NEG_INFINITY][number % 5]);
        let wait = registry.histogram("shop_wait_seconds", &labels).unwrap();
        let delay = registry.histogram("shop_delay_seconds", &labels).unwrap();
        for observation in 0..=number {
            wait.record(observation as f64 / 3.0);
            delay.record(observation as f64 / 3.0);
        }
    }
    registry
}

/// What the server has of one target, once it has everything.
fn scraped(server: &PromQl, target: SocketAddr, expected: usize) -> Values {
    let selector = format!(r#"{{__name__=~"shop_.+",instance="{target}"}}"#);
    let complete = |samples: &[Sample]| samples.len() == expected;
    let samples = server.wait_for(&selector, SCRAPED, complete).unwrap();
    let read = samples.into_iter().map(|sample| {
        let mut labels = sample.labels;
        labels.retain(|name, _| name != "instance" && name != "job");
        ((sample.name, labels), sample.value)
    });
    with_comparable_bounds(read)
}

fn held(registry: &Registry) -> Values {
    let mut values = values(&registry.snapshot());
    values.retain(|(name, _), _| name.starts_with("shop_"));
    with_comparable_bounds(values)
}

/// Prometheus reads `1` of the text, but `1.0` of a message.
fn with_comparable_bounds(values: impl IntoIterator<Item = (Series, f64)>) -> Values {
    let values = values.into_iter().map(|((name, mut labels), value)| {
        for name in ["le", "quantile"] {
            if let Some(bound) = labels.get_mut(name) {
                *bound = bound.parse::<f64>().unwrap().to_string();
            }
        }
        ((name, labels), value)
    });
    values.collect()
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn every_scraper_reads_the_same_values_and_exemplars_in_every_format() {
    let registry = shop();
    let held = held(&registry);
    let ops = serve(&registry);
    let target = ops.local_addr();
    let (text, open_metrics) = (
        Proxy::asking_for(TEXT, target),
        Proxy::asking_for(OPEN_METRICS, target),
    );
    let [liking_protobuf, by_default, victoria] = [(); 3].map(|()| Proxy::to(target));

    let native = [text.address, open_metrics.address, liking_protobuf.address];
    let prometheus = Prometheus::scraping(&native).unwrap();
    let plain = Prometheus::by_default(&[by_default.address]).unwrap();
    let victoria_metrics = VictoriaMetrics::scraping(&[victoria.address]).unwrap();

    let scrapes = [
        (&*prometheus, &text, "text/plain"),
        (&*prometheus, &open_metrics, "application/openmetrics-text"),
        (&*prometheus, &liking_protobuf, PROTOBUF),
        (&*plain, &by_default, "application/openmetrics-text"),
    ];
    for (server, proxy, media_type) in scrapes {
        let read = scraped(server, proxy.address, held.len());
        assert_eq!(read, held, "{media_type}");
        assert_eq!(proxy.seen(), [format!("{media_type}, gzip")]);
    }
    let read = scraped(&victoria_metrics, victoria.address, held.len());
    // It keeps some decimal digits: 0.333333333333 for a third.
    for ((series, value), (held_series, held)) in read.into_iter().zip(&held) {
        assert_eq!(series, *held_series);
        let is_close = value == *held || (value / held - 1.0).abs() < 1e-11;
        assert!(is_close, "{series:?}: {value} for {held}");
    }
    assert_eq!(victoria.seen(), ["text/plain, gzip"]);

    let of = |target: SocketAddr| {
        format!(r#"shop_wait_seconds_bucket{{of="{{}}=,",instance="{target}"}}"#)
    };
    let kept: Vec<_> = (0..7).map(|number| f64::from(number) / 3.0).collect();
    for (server, proxy) in [
        (&prometheus, &open_metrics),
        (&prometheus, &liking_protobuf),
        (&plain, &by_default),
    ] {
        let exemplars = server.exemplars(&of(proxy.address)).unwrap();
        assert!(exemplars.len() >= 4, "{exemplars:?}");
        for (trace, value) in exemplars {
            assert_eq!(trace, "ab".repeat(16));
            assert!(kept.contains(&value), "{value}");
        }
    }
    let none = prometheus.exemplars(&of(text.address)).unwrap();
    assert_eq!(none, [], "the text has no exemplars");
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn quantiles_of_native_histograms_are_right_within_5_percent_and_each_bucket_has_its_exemplar() {
    let registry = Registry::builder()
        .native_histograms(Matcher::prefix("shop_"), NativeConfig::new())
        .exemplar_source(|| Some(Exemplar::new(TRACE, [0xcd; 8])))
        .build()
        .unwrap();
    let mut random = fastrand::Rng::with_seed(4);
    let distributions = ["normal", "bimodal", "heavy_tailed"].map(|name| {
        let histogram = registry
            .histogram(&format!("shop_{name}_seconds"), &[])
            .unwrap();
        let mut observations: Vec<_> = (0..100_000).map(|_| draw(name, &mut random)).collect();
        observations
            .iter()
            .for_each(|observation| histogram.record(*observation));
        observations.sort_by(f64::total_cmp);
        (name, observations)
    });
    let ops = serve(&registry);

    let prometheus = Prometheus::scraping(&[ops.local_addr()]).unwrap();
    let version_3 = Prometheus::version_3_native(&[ops.local_addr()]).unwrap();

    for (name, observations) in distributions {
        let count = format!("histogram_count(shop_{name}_seconds)");
        let complete = |samples: &[Sample]| samples.len() == 1 && samples[0].value == 1e5;
        prometheus.wait_for(&count, SCRAPED, complete).unwrap();
        for quantile in [0.1, 0.5, 0.9, 0.99, 0.999] {
            let expression = format!("histogram_quantile({quantile}, shop_{name}_seconds)");
            let estimated = prometheus.query(&expression).unwrap()[0].value;
            let exact = observations[(quantile * 1e5) as usize];
            let error = (estimated / exact - 1.0).abs();
            eprintln!(
                "{name} {quantile}: {estimated} for {exact}, {:.2} % off",
                error * 100.0
            );
            assert!(error <= 0.05, "{name} {quantile}: {estimated} for {exact}");
        }

        version_3.wait_for(&count, SCRAPED, complete).unwrap();
        let selector = format!("shop_{name}_seconds");
        let exemplars = version_3.exemplars(&selector).unwrap();
        let mut told: Vec<_> = exemplars.iter().map(|(_, value)| bucket(*value)).collect();
        told.sort_unstable();
        let held: BTreeSet<_> = observations.into_iter().map(bucket).collect();
        assert_eq!(told, held.into_iter().collect::<Vec<_>>(), "{name}");
        assert!(told.len() > 1, "{name}");
    }
}

/// In which of the buckets that a classic histogram would have.
fn bucket(seconds: f64) -> usize {
    let bounds = [
        0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
    ];
    bounds.partition_point(|bound| *bound < seconds)
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn a_histogram_of_both_kinds_is_native_for_those_who_can_read_that() {
    let config = NativeConfig::new().with_classic_buckets();
    let both = Registry::builder().native_histograms(Matcher::prefix("shop_"), config);
    let registry = both.build().unwrap();
    let histogram = registry.histogram("shop_wait_seconds", &[]).unwrap();
    (0..100).for_each(|observation| histogram.record(f64::from(observation) / 100.0));
    let ops = serve(&registry);
    let text = Proxy::asking_for(TEXT, ops.local_addr());

    let prometheus = Prometheus::scraping(&[ops.local_addr(), text.address]).unwrap();

    let of = |target: SocketAddr| format!(r#"instance="{target}""#);
    let (native, classic) = (of(ops.local_addr()), of(text.address));
    for (expression, expected) in [
        (
            format!("histogram_count(shop_wait_seconds{{{native}}})"),
            100.0,
        ),
        (
            format!(r#"shop_wait_seconds_bucket{{le="0.5",{classic}}}"#),
            51.0,
        ),
        (format!("shop_wait_seconds_count{{{classic}}}"), 100.0),
    ] {
        let is_right = |samples: &[Sample]| samples.len() == 1 && samples[0].value == expected;
        prometheus.wait_for(&expression, SCRAPED, is_right).unwrap();
    }
}

/// An observation in seconds.
fn draw(distribution: &str, random: &mut fastrand::Rng) -> f64 {
    let uniform = 1.0 - random.f64();
    let normal = (-2.0 * uniform.ln()).sqrt() * (std::f64::consts::TAU * random.f64()).cos();
    match distribution {
        "normal" => (0.3 + 0.05 * normal).max(0.001),
        // A cache that has seven of ten.
        "bimodal" if random.f64() < 0.7 => 0.002 * (0.1 * normal).exp(),
        "bimodal" => 1.5 * (0.2 * normal).exp(),
        // Pareto's, whose variance is infinite.
        _ => 0.01 * uniform.powf(-1.0 / 1.2),
    }
}
