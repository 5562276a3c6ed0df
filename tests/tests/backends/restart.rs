//! Instances that are restarted one after the other, while they serve.

use std::{
    collections::BTreeMap,
    env,
    net::SocketAddr,
    path::PathBuf,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use steeple_tests::backends::{Nginx, OtlpSink, Received, Server, free_address, get, wrk};

/// Long enough for a cold build of the example.
const BUILD: Duration = Duration::from_secs(600);
const START: Duration = Duration::from_secs(60);
/// The drain time of the example, and what is left to end and to deliver.
const END: Duration = Duration::from_secs(30);
const CONNECTIONS: u32 = 8;

/// The example, which is built beside the tests.
fn program() -> PathBuf {
    let mut build = Command::new(env!("CARGO"));
    build
        .args(["build", "--quiet", "--package", "rolling"])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    let start = Instant::now();
    assert!(build.status().unwrap().success());
    assert!(start.elapsed() < BUILD);
    let tests = env::current_exe().unwrap();
    tests.ancestors().nth(2).unwrap().join("rolling")
}

fn instance(program: &str, name: &str, address: SocketAddr, sink: &OtlpSink) -> Server {
    let configure = |command: &mut Command, _: &std::path::Path| {
        command
            .arg(address.port().to_string())
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", sink.url())
            .env("OTEL_RESOURCE_ATTRIBUTES", format!("service.instance.id={name}"))
            // Only what is sent at the end counts in this test.
            .env("OTEL_METRIC_EXPORT_INTERVAL", "600000");
        Ok(())
    };
    let ready = || get(&format!("http://{address}/readyz")).is_ok();
    Server::start(program, START, configure, ready).unwrap()
}

/// How many things of each instance came.
fn by_instance<T>(received: Vec<Received<T>>, count: impl Fn(&T) -> u64) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for one in received {
        let instance = one.of_resource("service.instance.id").unwrap_or_default();
        *counts.entry(instance.to_owned()).or_default() += count(&one.what);
    }
    counts.retain(|_, count| *count > 0);
    counts
}

/// The requests of `/work` that a metric counts.
fn requests(metric: &opentelemetry_proto::tonic::metrics::v1::Metric) -> u64 {
    let (true, Some(Data::Histogram(histogram))) =
        (metric.name == "http.server.request.duration", &metric.data)
    else {
        return 0;
    };
    let points = histogram.data_points.iter().filter(|point| {
        point
            .attributes
            .iter()
            .any(|attribute| attribute.key == "http.route")
    });
    points.map(|point| point.count).sum()
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn no_request_fails_and_nothing_that_was_recorded_is_lost() {
    let program = program();
    let program = program.to_str().unwrap();
    let sink = OtlpSink::start().unwrap();
    let addresses = [free_address().unwrap(), free_address().unwrap()];
    let first = ["a1", "b1"];
    let mut running: Vec<_> = first
        .into_iter()
        .zip(addresses)
        .map(|(name, address)| instance(program, name, address, &sink))
        .collect();
    let nginx = Nginx::start(&addresses, "/readyz").unwrap();

    let url = format!("http://{}/work", nginx.address());
    let load = thread::spawn(move || wrk(&url, CONNECTIONS, Duration::from_secs(30)).unwrap());
    let start = Instant::now();
    for (name, address) in ["a2", "b2"].into_iter().zip(addresses) {
        thread::sleep(Duration::from_secs(1));
        let (status, log) = running.remove(0).terminate(END).unwrap();
        assert!(status.success(), "{log}");
        assert!(log.contains("everything was delivered"), "{log}");
        running.push(instance(program, name, address, &sink));
    }
    assert!(
        start.elapsed() < Duration::from_secs(29),
        "the load was over too soon"
    );
    let load = load.join().unwrap();
    for instance in running {
        instance.terminate(END).unwrap();
    }

    assert_eq!(load.failed, 0);
    let spans = by_instance(sink.spans(), |span| u64::from(span.name == "GET /work"));
    let counted = by_instance(sink.metrics(), requests);
    assert_eq!(Vec::from_iter(spans.keys()), ["a1", "a2", "b1", "b2"]);
    assert_eq!(spans, counted);
    // What was under way when the load ended had no answer that counts.
    let served: u64 = spans.values().sum();
    let under_way = u64::from(CONNECTIONS);
    assert!(
        (load.answered..=load.answered + under_way).contains(&served),
        "{served} of {load:?}"
    );
}
