//! What is pushed is what the servers have.

use std::{
    process::Command,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use steeple::{
    metrics::{Exemplar, Kind, Matcher, NativeConfig, Registry},
    push::{PushGateway, RemoteWrite, RemoteWriteBuilder},
};
use steeple_tests::backends::{Prometheus, Pushgateway, Sample, VictoriaMetrics, parse_exposition};
use steeple_tests::waiting::within;

use crate::exposition::{Values, values};

const DEADLINE: Duration = Duration::from_secs(30);
const SCRAPED: Duration = Duration::from_secs(60);
const OWN: &str = "steeple_";
const NASTY: [&str; 9] = [
    "\"",
    "\\\"",
    "\\",
    "\n",
    "a\\nb",
    "ä€🦀",
    "{}=,",
    "le=\"0.5\"",
    "\u{1b}[31m",
];

/// Something of each kind, with labels that are hard to write.
fn registry() -> Registry {
    let trace = AtomicU64::new(0);
    let registry = Registry::builder()
        .buckets(Matcher::full("wait_seconds"), &[0.5, 2.0])
        .native_histograms(Matcher::full("size_bytes"), NativeConfig::new())
        .exemplar_source(move || {
            let number = trace.fetch_add(1, Relaxed) as u8;
            Some(Exemplar::new([number; 16], [0xa0 | number; 8]))
        })
        .build()
        .unwrap();
    registry
        .describe(Kind::Histogram, "wait_seconds", None, "Waiting.")
        .unwrap();
    for (number, label) in NASTY.into_iter().enumerate() {
        let labels = [("of", label)];
        let mails = registry.counter("mails_total", &labels).unwrap();
        mails.increment(number as u64);
        let weight = registry.gauge("weight", &labels).unwrap();
        // VictoriaMetrics keeps 15 digits.
        weight.set(number as f64 / 8.0 - 0.25);
    }
    registry.gauge("endless", &[]).unwrap().set(f64::INFINITY);
    let wait = registry.histogram("wait_seconds", &[("of", "a")]).unwrap();
    for seconds in [0.1, 1.0, 3.0] {
        wait.record(seconds);
    }
    let size = registry.histogram("size_bytes", &[]).unwrap();
    for bytes in 0..1_000 {
        size.record(f64::from(bytes - 100));
    }
    registry
}

fn remote_write(url: &str) -> RemoteWriteBuilder {
    RemoteWrite::builder(url)
        .without_interval()
        .job("nightly")
        .instance("here")
        .batch_series(5)
}

/// What a scrape of the registry would have, and what a server has of the job.
fn compared(registry: &Registry, received: Vec<Sample>) -> (Values, Values) {
    let of_its_own = |name: &str| !name.starts_with(OWN);
    let mut held = values(&registry.snapshot());
    held.retain(|(name, labels), _| {
        of_its_own(name) && !(name == "size_bytes_bucket" && labels.contains_key("le"))
    });
    let received = received
        .into_iter()
        .filter(|sample| of_its_own(&sample.name));
    let received = received.map(|mut sample| {
        for (label, value) in [("job", "nightly"), ("instance", "here")] {
            assert_eq!(sample.labels.remove(label).as_deref(), Some(value));
        }
        (
            (sample.name, sample.labels.into_iter().collect()),
            sample.value,
        )
    });
    (held, received.collect())
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn prometheus_has_what_remote_write_sent() {
    let prometheus = Prometheus::scraping(&[]).unwrap();
    let registry = registry();
    let remote = remote_write(&prometheus.write_url()).native_histograms();
    let remote = remote.start(registry.clone()).unwrap();
    let report = remote.flush_blocking(DEADLINE);
    assert_eq!((report.lost, report.pending), (0, 0));

    // Of a native histogram the answer has another form than a number.
    let all = r#"{job="nightly",__name__!="size_bytes"}"#;
    let (held, received) = compared(&registry, prometheus.query(all).unwrap());
    assert!(held.len() > 25, "{}", held.len());
    assert_eq!(received, held);

    for (bound, trace, value) in [("0.5", "00", 0.1), ("2", "01", 1.0), ("+Inf", "02", 3.0)] {
        let bucket = format!("wait_seconds_bucket{{le={bound:?}}}");
        let told = prometheus.exemplars(&bucket).unwrap();
        assert_eq!(told, [(trace.repeat(16), value)], "{bucket}");
    }

    let number = |expression: &str| {
        let samples = prometheus.query(expression).unwrap();
        assert_eq!(samples.len(), 1, "{expression}: {samples:?}");
        samples[0].value
    };
    assert_eq!(number("histogram_count(size_bytes)"), 1_000.0);
    assert_eq!(number("histogram_sum(size_bytes)"), 399_500.0);
    for (quantile, exact) in [(0.05, -50.0), (0.5, 400.0), (0.99, 890.0)] {
        let estimate = number(&format!("histogram_quantile({quantile}, size_bytes)"));
        let off = (estimate - exact) / exact;
        assert!(off.abs() < 0.05, "{quantile}: {estimate}");
    }

    // A second write, which the first neither hinders nor repeats.
    let mails = registry
        .counter("mails_total", &[("of", NASTY[0])])
        .unwrap();
    mails.increment(7);
    let report = remote.shutdown_blocking(DEADLINE);
    assert_eq!(report.lost, 0);
    assert_eq!(number(r#"mails_total{of="\""}"#), 7.0);
    assert_eq!(number(r#"count_over_time(mails_total{of="\""}[5m])"#), 2.0);
    // Prometheus 2 takes exemplars of a series that has no samples but native histograms once it knows the series.
    let snapshot = registry.snapshot();
    let size = snapshot.value("size_bytes", &[]).unwrap();
    let last = size.as_histogram().unwrap().exemplar(0).unwrap();
    let told = prometheus.exemplars("size_bytes").unwrap();
    assert!(
        told.iter().map(|(_, value)| *value).eq([last.value]),
        "{told:?}"
    );
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn prometheus_takes_what_is_written_also_as_it_is_by_default() {
    let prometheus = Prometheus::by_default(&[]).unwrap();
    let registry = registry();
    let remote = remote_write(&prometheus.write_url());
    let remote = remote.start(registry.clone()).unwrap();
    let report = remote.shutdown_blocking(DEADLINE);
    assert_eq!((report.lost, report.pending), (0, 0));
    let all = r#"{job="nightly"}"#;
    let (held, received) = compared(&registry, prometheus.query(all).unwrap());
    assert_eq!(received, held);
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn victoria_metrics_has_what_remote_write_sent() {
    let victoria = VictoriaMetrics::scraping(&[]).unwrap();
    let registry = registry();
    let remote = remote_write(&victoria.write_url());
    let remote = remote.start(registry.clone()).unwrap();
    let report = remote.shutdown_blocking(DEADLINE);
    assert_eq!((report.lost, report.pending), (0, 0));

    // What was flushed is found a little later.
    let same_length = || {
        let received = victoria.query(r#"{job="nightly"}"#).unwrap();
        let (held, received) = compared(&registry, received);
        (received.len() >= held.len()).then_some((held, received))
    };
    let (held, received) = within(DEADLINE, same_length).unwrap();
    assert_eq!(received, held);
}

/// What the gateway has of a job, or of all.
fn of_group(gateway: &Pushgateway, label: (&str, &str)) -> Vec<Sample> {
    let families = parse_exposition(&gateway.metrics().unwrap()).unwrap();
    let samples = families.into_iter().flat_map(|family| family.samples);
    let of_group = |sample: &Sample| sample.labels.get(label.0).is_some_and(|l| l == label.1);
    samples.filter(of_group).collect()
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn the_pushgateway_has_what_was_pushed() {
    let gateway = Pushgateway::start().unwrap();
    let url = format!("http://{}", gateway.address());
    let registry = registry();
    for path in ["/var/tmp", "", "..", "ä b%"] {
        let push = PushGateway::builder(&url)
            .job("nightly")
            .label("instance", "here")
            .label("path", path);
        let push = push.start(registry.clone()).unwrap();
        let report = push.shutdown_blocking(DEADLINE);
        assert_eq!((report.pushed, report.lost), (1, 0), "{path}");
    }
    let mut pushed = of_group(&gateway, ("path", "/var/tmp"));
    // The gateway's own.
    pushed.retain(|sample| !sample.name.starts_with("push_"));
    for sample in &mut pushed {
        sample.labels.remove("path");
    }
    let (held, mut received) = compared(&registry, pushed);
    // The gateway knows no histogram without buckets, and makes one.
    received.retain(|(name, _), _| name != "size_bytes_bucket");
    assert_eq!(received, held);
    for path in ["..", "ä b%"] {
        assert!(!of_group(&gateway, ("path", path)).is_empty(), "{path}");
    }
    let text = gateway.metrics().unwrap();
    assert!(text.contains(r#"endless{instance="here",job="nightly",path=""} +Inf"#));

    let push = PushGateway::builder(&url)
        .job("nightly")
        .label("instance", "here")
        .label("path", "/var/tmp")
        .delete_at_end();
    let report = push.start(registry).unwrap().shutdown_blocking(DEADLINE);
    assert_eq!((report.pushed, report.lost), (1, 0));
    assert_eq!(of_group(&gateway, ("path", "/var/tmp")), []);
    assert!(!of_group(&gateway, ("path", "..")).is_empty());
}

/// Runs the worker of the examples on one message of each kind, to its end.
fn run_worker(environment: &[(&str, &str)]) {
    let ended = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--package", "worker", "--", "--once"])
        .env("OTEL_EXPORTER_PROMETHEUS_PORT", "0")
        .envs(environment.iter().copied())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{said}");
}

/// One job of each outcome, as PromQL finds them.
fn has_the_jobs(samples: &[Sample]) -> bool {
    samples.len() == 4 && samples.iter().all(|sample| sample.value == 1.0)
}

const JOBS: &str = r#"steeple_job_duration_seconds_count{job="mailer",job_name="emails"}"#;

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn a_job_that_ended_at_once_is_seen_in_prometheus() {
    let prometheus = Prometheus::scraping(&[]).unwrap();
    run_worker(&[("STEEPLE_REMOTE_WRITE_URL", &prometheus.write_url())]);
    let jobs = prometheus.query(JOBS).unwrap();
    assert!(has_the_jobs(&jobs), "{jobs:?}");
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn a_job_that_ended_at_once_is_seen_behind_the_pushgateway() {
    let gateway = Pushgateway::start().unwrap();
    let prometheus = Prometheus::scraping(&[gateway.address()]).unwrap();
    let url = format!("http://{}", gateway.address());
    run_worker(&[("STEEPLE_PUSHGATEWAY_URL", &url)]);
    // Without `honor_labels` the scrape has the name of its own job.
    let scraped = JOBS.replace("{job=", "{exported_job=");
    prometheus
        .wait_for(&scraped, SCRAPED, has_the_jobs)
        .unwrap();
}
