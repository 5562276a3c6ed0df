//! The main job, exporting by way of a collector: `OTEL_EXPORTER_OTLP_ENDPOINT=... cargo run -p demo`.

use std::{
    collections::BTreeSet,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::{KeyValue, any_value::Value},
    metrics::v1::{HistogramDataPoint, Metric, metric::Data},
    resource::v1::Resource,
    trace::v1::Span,
};
use prost::Message;
use steeple_tests::backends::Rotel;

use crate::demo::{Demo, call};

const PATIENCE: Duration = Duration::from_secs(60);
const CALLER: [u8; 8] = [0xca; 8];

/// What came, decoded.
#[derive(Default)]
struct Received {
    traces: ExportTraceServiceRequest,
    metrics: ExportMetricsServiceRequest,
    logs: ExportLogsServiceRequest,
}

/// A backend behind the collector.
struct Backend {
    address: SocketAddr,
    received: Arc<Mutex<Received>>,
}

impl Backend {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::<Mutex<Received>>::default();
        let kept = received.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let kept = kept.clone();
                // A client that goes away ends its connection, not the backend.
                thread::spawn(move || serve(&stream, &kept));
            }
        });
        Self { address, received }
    }

    /// What `find` finds, once it does.
    fn wait_for<T>(&self, what: &str, find: impl Fn(&Received) -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(found) = find(&self.received.lock().unwrap()) {
                return found;
            }
            assert!(start.elapsed() < PATIENCE, "no {what}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Received {
    fn spans(&self) -> Vec<Span> {
        let resources = self.traces.resource_spans.iter();
        let scopes = resources.flat_map(|resource| &resource.scope_spans);
        scopes.flat_map(|scope| scope.spans.clone()).collect()
    }

    fn resources(&self) -> Vec<&Resource> {
        let spans = self.traces.resource_spans.iter();
        let metrics = self.metrics.resource_metrics.iter();
        let logs = self.logs.resource_logs.iter();
        (spans.filter_map(|spans| spans.resource.as_ref()))
            .chain(metrics.filter_map(|metrics| metrics.resource.as_ref()))
            .chain(logs.filter_map(|logs| logs.resource.as_ref()))
            .collect()
    }

    /// All that was told of it, the newest first.
    fn metric(&self, name: &str) -> impl Iterator<Item = &Metric> {
        let resources = self.metrics.resource_metrics.iter().rev();
        let scopes = resources.flat_map(|resource| &resource.scope_metrics);
        let metrics = scopes.flat_map(|scope| &scope.metrics);
        metrics.filter(move |metric| metric.name == name)
    }

    /// The points of items that were looked up.
    fn durations(&self) -> impl Iterator<Item = &HistogramDataPoint> {
        let metrics = self.metric("http.server.request.duration");
        let points = metrics.flat_map(|metric| match &metric.data {
            Some(Data::Histogram(histogram)) => &histogram.data_points[..],
            _ => &[],
        });
        points.filter(|point| {
            attribute(&point.attributes, "http.route").as_deref() == Some("/shop/items/{item}")
        })
    }

    fn bodies(&self) -> Vec<String> {
        let resources = self.logs.resource_logs.iter();
        let scopes = resources.flat_map(|resource| &resource.scope_logs);
        let records = scopes.flat_map(|scope| &scope.log_records);
        let bodies = records.filter_map(|record| record.body.as_ref()?.value.as_ref());
        bodies.filter_map(text).collect()
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::StringValue(text) => Some(text.clone()),
        _ => None,
    }
}

fn attribute(attributes: &[KeyValue], key: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    text(found.value.as_ref()?.value.as_ref()?)
}

fn serve(mut stream: &TcpStream, received: &Mutex<Received>) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        head.make_ascii_lowercase();
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
        let length = field("content-length: ").and_then(|length| length.parse().ok());
        let mut body = vec![0; length.unwrap_or_default()];
        reader.read_exact(&mut body)?;
        if field("content-encoding: ") == Some("gzip") {
            let mut plain = Vec::new();
            GzDecoder::new(&body[..]).read_to_end(&mut plain)?;
            body = plain;
        }
        let mut received = received.lock().unwrap();
        let Received {
            traces,
            metrics,
            logs,
        } = &mut *received;
        // Messages after each other are one with the items of all.
        match head.split(' ').nth(1).unwrap_or_default() {
            "/v1/traces" => traces.merge(&*body),
            "/v1/metrics" => metrics.merge(&*body),
            "/v1/logs" => logs.merge(&*body),
            other => panic!("{other}"),
        }
        .unwrap();
        drop(received);
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")?;
    }
}

fn all_arrives(protocol: &str, endpoint: impl FnOnce(&Rotel) -> SocketAddr) {
    let backend = Backend::new();
    let rotel = Rotel::sending_to(&format!("http://{}", backend.address)).unwrap();
    let endpoint = format!("http://{}", endpoint(&rotel));
    let demo = Demo::start_with(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "500"),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "deployment.environment.name=test",
        ),
    ]);

    let shops = [(demo.shop, [0xa1; 16]), (demo.branch, [0xb2; 16])];
    for (address, trace) in shops {
        let (trace, caller) = (u128::from_be_bytes(trace), u64::from_be_bytes(CALLER));
        let answer = ureq::get(format!("http://{address}/shop/items/apple"))
            .header("traceparent", format!("00-{trace:032x}-{caller:016x}-01"))
            .call()
            .unwrap();
        assert_eq!(answer.status(), 200);
    }
    assert_eq!(call("/shop.Warehouse/Count", demo.warehouse), "13");

    let spans = backend.wait_for("spans", |received| {
        Some(received.spans()).filter(|spans| spans.len() >= 5)
    });
    assert_eq!(spans.len(), 5, "{spans:?}");
    let ids: BTreeSet<_> = spans.iter().map(|span| &span.span_id).collect();
    assert_eq!(ids.len(), 5);
    for (_, trace) in shops {
        let named = |name: &str| {
            let mut spans = spans.iter();
            spans
                .find(|span| span.trace_id == trace && span.name == name)
                .unwrap()
        };
        let (request, child) = (named("GET /shop/items/{item}"), named("look_up"));
        assert_eq!((request.kind, child.kind), (2, 1), "server and internal");
        assert_eq!(request.parent_span_id, CALLER);
        assert_eq!(child.parent_span_id, request.span_id);
        assert_eq!(
            attribute(&child.attributes, "item").as_deref(),
            Some("apple")
        );
        assert!(request.start_time_unix_nano <= child.start_time_unix_nano);
        assert!(child.end_time_unix_nano <= request.end_time_unix_nano);
    }
    let count = spans
        .iter()
        .find(|span| span.name == "shop.Warehouse/Count");
    let count = count.unwrap();
    assert_eq!((count.kind, count.parent_span_id.len()), (2, 0));

    let count = |received: &Received| Some(received.durations().next()?.count);
    backend.wait_for("durations", |received| {
        count(received).filter(|count| *count == 2)
    });
    // Each is sent once.
    let exemplar = backend.wait_for("exemplars", |received| {
        let mut exemplars = received.durations().flat_map(|point| &point.exemplars);
        exemplars.next().cloned()
    });
    let of_exemplar = |span: &&Span| span.span_id == exemplar.span_id;
    let span = spans.iter().find(of_exemplar).unwrap();
    assert_eq!(
        (&*span.name, &span.trace_id),
        ("GET /shop/items/{item}", &exemplar.trace_id)
    );
    for (name, unit) in [
        ("http.server.request.duration", "s"),
        ("http.server.active_requests", "{request}"),
        ("http.server.response.body.size", "By"),
        ("rpc.server.call.duration", "s"),
    ] {
        let metric = backend.wait_for(name, |received| received.metric(name).next().cloned());
        assert_eq!(metric.unit, unit, "{name}");
    }
    let bodies = backend.wait_for("logs", |received| {
        Some(received.bodies()).filter(|bodies| !bodies.is_empty())
    });
    assert_eq!(bodies, ["the shop is open"]);

    let received = backend.received.lock().unwrap();
    let resources = received.resources();
    assert!(resources.len() >= 3);
    for resource in resources {
        for (key, value) in [
            ("service.name", "demo-shop"),
            ("telemetry.sdk.name", "steeple"),
            ("deployment.environment", "test"),
        ] {
            assert_eq!(attribute(&resource.attributes, key).as_deref(), Some(value));
        }
    }
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn all_signals_of_the_demo_arrive_over_grpc() {
    all_arrives("grpc", Rotel::grpc);
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn all_signals_of_the_demo_arrive_over_http() {
    all_arrives("http/protobuf", Rotel::http);
}
