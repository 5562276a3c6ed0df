//! Instances that are restarted one after the other, while they serve.

use std::{
    collections::BTreeMap,
    env,
    net::SocketAddr,
    path::PathBuf,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use opentelemetry_proto::tonic::{logs::v1::LogRecord, metrics::v1::metric::Data};
use steeple_tests::{
    backends::{BackendError, Nginx, OtlpSink, Received, Server, free_address, get, text, wrk},
    waiting::eventually,
};

/// Long enough for a cold build of the example.
const BUILD: Duration = Duration::from_secs(600);
const START: Duration = Duration::from_secs(60);
/// The drain time of the example, and what is left to end and to deliver.
const END: Duration = Duration::from_secs(30);
const CONNECTIONS: u32 = 8;
const LOAD: Duration = Duration::from_secs(5);

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
    Server::start(program, START, configure, || ready(address).is_ok()).unwrap()
}

fn ready(address: SocketAddr) -> Result<String, BackendError> {
    get(&format!("http://{address}/readyz"))
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

/// Whether it is the line of a request of `/work`.
fn is_of_request(record: &LogRecord) -> bool {
    let told = |key| text(&record.attributes, key);
    (told("target"), told("http_route")) == (Some("steeple::access"), Some("/work"))
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
    let is_over = Arc::<AtomicBool>::default();
    let seen = Arc::clone(&is_over);
    // As long as it takes, and once more.
    let load = thread::spawn(move || {
        let mut loads = Vec::new();
        let mut is_last = false;
        while !is_last {
            is_last = seen.load(SeqCst);
            loads.push(wrk(&url, CONNECTIONS, LOAD).unwrap());
        }
        loads
    });
    let traced = || by_instance(sink.spans(), |span| u64::from(span.name == "GET /work"));
    let second = ["a2", "b2"].into_iter().zip(addresses);
    for (restarted, (name, address)) in second.enumerate() {
        eventually("all that run serve", || {
            traced().len() == first.len() + restarted
        });
        let old = running.remove(0);
        old.tell_to_end();
        // As an orchestrator does, which learns of the end by readiness alone.
        eventually("it says that it is not ready", || {
            matches!(ready(address), Err(BackendError::Answer { .. }))
        });
        nginx.take_out(address).unwrap();
        let (status, log) = old.ended(END).unwrap();
        assert!(status.success(), "{log}");
        assert!(log.contains("everything was delivered"), "{log}");
        running.push(instance(program, name, address, &sink));
        nginx.put_back(address).unwrap();
    }
    is_over.store(true, SeqCst);
    let loads = load.join().unwrap();
    for instance in running {
        instance.terminate(END).unwrap();
    }

    assert!(loads.iter().all(|load| load.failed == 0), "{loads:?}");
    let spans = traced();
    let counted = by_instance(sink.metrics(), requests);
    let logged = by_instance(sink.logs(), |record| u64::from(is_of_request(record)));
    assert_eq!(Vec::from_iter(spans.keys()), ["a1", "a2", "b1", "b2"]);
    assert_eq!(spans, counted);
    assert_eq!(spans, logged);
    // What was under way when a load ended had no answer that counts.
    let served: u64 = spans.values().sum();
    let answered: u64 = loads.iter().map(|load| load.answered).sum();
    let under_way = u64::from(CONNECTIONS) * loads.len() as u64;
    assert!(
        (answered..=answered + under_way).contains(&served),
        "{served} of {loads:?}"
    );
}
