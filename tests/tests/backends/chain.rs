//! `examples/chain`: three services, one trace.

use std::{
    collections::BTreeSet,
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use opentelemetry_proto::tonic::{
    metrics::v1::{Metric, metric::Data},
    trace::v1::{Span, span::SpanKind},
};
use steeple_tests::{
    backends::{OtlpSink, Prometheus, Received, Server, free_address},
    waiting::{eventually, within},
};

/// Long enough for a cold build on a small machine.
const START: Duration = Duration::from_secs(600);
/// Prometheus may take 20 s to its first scrape.
const SCRAPED: Duration = Duration::from_secs(60);
/// Whom the shop is asked by.
pub(crate) const CALLER: &str = "00f067aa0ba902b7";

/// The services of the example, each a process of its own, that log nothing but warnings.
pub(crate) struct Chain {
    /// Where the shop, the prices and the rates listen.
    pub(crate) services: [SocketAddr; 3],
    ops: Vec<SocketAddr>,
    _processes: Vec<Server>,
}

impl Chain {
    /// One that exports to the OTLP `endpoint` by `protocol`.
    pub(crate) fn exporting_to(endpoint: &str, protocol: &str) -> Self {
        let [shop, prices, rates, nobody] = [(); 4].map(|()| free_address().unwrap());
        let way = [
            ("rates", rates, nobody),
            ("prices", prices, rates),
            ("shop", shop, prices),
        ];
        let (ops, processes) = way
            .map(|(name, listen, next)| {
                let ops = free_address().unwrap();
                let [listening, next] = [listen, next].map(|address| address.to_string());
                let service = Server::start(
                    env!("CARGO"),
                    START,
                    |command, _| {
                        command
                            .args(["run", "--quiet", "--package", "chain", "--"])
                            .args([name, &listening, &next])
                            .env("RUST_LOG", "warn")
                            .env("OTEL_EXPORTER_PROMETHEUS_PORT", ops.port().to_string())
                            .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
                            .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
                            .env("OTEL_BSP_SCHEDULE_DELAY", "100")
                            .env("OTEL_BLRP_SCHEDULE_DELAY", "100")
                            .env("OTEL_METRIC_EXPORT_INTERVAL", "500")
                            .current_dir(env!("CARGO_MANIFEST_DIR"));
                        Ok(())
                    },
                    || TcpStream::connect(listen).is_ok(),
                );
                (ops, service.unwrap())
            })
            .into_iter()
            .unzip();
        Self {
            services: [shop, prices, rates],
            ops,
            _processes: processes,
        }
    }

    /// Asks the shop for an offer, in the trace of this id.
    pub(crate) fn ask(&self, trace: &str) {
        let mut answer = ureq::get(format!("http://{}/offers/apple", self.services[0]))
            .header("traceparent", format!("00-{trace}-{CALLER}-01"))
            .call()
            .unwrap();
        assert_eq!(
            answer.body_mut().read_to_string().unwrap(),
            "apple: 0.56 CHF\n"
        );
        let timing = answer.headers()["server-timing"].to_str().unwrap();
        assert!(timing.contains(trace), "{timing}");
    }
}

/// The spans that one request through the chain leaves, and the logs that lead to them.
pub(crate) fn spans_and_logs_are_delivered(sink: &OtlpSink, trace: &str) -> Vec<Received<Span>> {
    let trace = bytes(trace);
    eventually("all spans and logs of the trace are there", || {
        sink.spans().len() >= 7 && sink.logs().len() >= 3
    });
    let spans = sink.spans();
    assert!(spans.iter().all(|span| span.what.trace_id == trace));
    // Each has but one below it.
    let mut parent = bytes(CALLER);
    let mut way = Vec::new();
    while let Some(span) = spans.iter().find(|span| span.what.parent_span_id == parent) {
        parent.clone_from(&span.what.span_id);
        way.push((span.service(), &*span.what.name, span.what.kind()));
        assert!(span.what.start_time_unix_nano < span.what.end_time_unix_nano);
        assert_eq!(span.of_resource("telemetry.sdk.language"), Some("rust"));
    }
    assert_eq!(
        way,
        [
            ("shop", "GET /offers/{item}", SpanKind::Server),
            ("shop", "price", SpanKind::Internal),
            ("shop", "GET", SpanKind::Client),
            ("prices", "GET /prices/{item}", SpanKind::Server),
            ("prices", "chain.Rates/Of", SpanKind::Client),
            ("rates", "chain.Rates/Of", SpanKind::Server),
            ("rates", "look_up", SpanKind::Internal),
        ]
    );
    assert_eq!(spans.len(), way.len());

    let logs = sink.logs();
    for (service, span, message) in [
        ("shop", "GET /offers/{item}", "somebody asks for apple"),
        ("prices", "GET /prices/{item}", "apple at a rate of 0.94"),
        ("rates", "chain.Rates/Of", "CHF is at 0.94"),
    ] {
        let log = logs.iter().find(|log| log.service() == service).unwrap();
        let span = named(&spans, service, span);
        let body = format!("{:?}", log.what.body);
        assert!(body.contains(message), "{body}");
        assert_eq!(log.what.trace_id, trace);
        assert_eq!(log.what.span_id, span.what.span_id);
    }
    spans
}

/// All that one request through the chain leaves: also metrics that lead to its spans.
pub(crate) fn one_trace_is_delivered(sink: &OtlpSink, trace: &str) {
    let spans = spans_and_logs_are_delivered(sink, trace);
    for (service, metric, span) in [
        ("shop", "http.server.request.duration", "GET /offers/{item}"),
        ("shop", "http.client.request.duration", "GET"),
        (
            "prices",
            "http.server.request.duration",
            "GET /prices/{item}",
        ),
        ("prices", "http.client.request.duration", "chain.Rates/Of"),
        ("prices", "rpc.client.call.duration", "chain.Rates/Of"),
        ("rates", "rpc.server.call.duration", "chain.Rates/Of"),
    ] {
        let span = named(&spans, service, span);
        let took = span.what.end_time_unix_nano - span.what.start_time_unix_nano;
        let found = within(START, || {
            let metrics = sink.metrics();
            let is_it =
                |each: &&Received<Metric>| each.service() == service && each.what.name == metric;
            metrics.iter().find(is_it).cloned()
        });
        let metric = found.unwrap().what;
        assert_eq!(metric.unit, "s");
        let Some(Data::Histogram(histogram)) = metric.data else {
            panic!("a histogram");
        };
        let [point] = &*histogram.data_points else {
            panic!("one series");
        };
        assert_eq!(point.count, 1);
        let difference = point.sum.unwrap() - Duration::from_nanos(took).as_secs_f64();
        assert!(difference.abs() < 1e-6, "{difference}");
        assert_eq!(point.exemplars[0].trace_id, bytes(trace));
        let mut of_service = spans.iter().filter(|span| span.service() == service);
        assert!(of_service.any(|span| span.what.span_id == point.exemplars[0].span_id));
    }
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn exemplars_of_all_services_lead_to_the_one_trace_in_prometheus() {
    let sink = OtlpSink::start().unwrap();
    let chain = Chain::exporting_to(&sink.url(), "http/protobuf");
    let prometheus = Prometheus::scraping(&chain.ops).unwrap();
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    chain.ask(trace);

    for histogram in [
        "http_server_request_duration_seconds",
        "rpc_server_call_duration_seconds",
    ] {
        let buckets = format!("{histogram}_bucket");
        let exemplars = within(SCRAPED, || {
            let exemplars = prometheus.exemplars(&buckets).unwrap();
            (!exemplars.is_empty()).then_some(exemplars)
        });
        let traces: BTreeSet<_> = exemplars
            .unwrap()
            .into_iter()
            .map(|(trace, _)| trace)
            .collect();
        assert_eq!(traces, [trace.to_owned()].into());
    }
    one_trace_is_delivered(&sink, trace);
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn the_one_trace_is_delivered_as_json() {
    let sink = OtlpSink::start().unwrap();
    let chain = Chain::exporting_to(&sink.url(), "http/json");
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    chain.ask(trace);
    one_trace_is_delivered(&sink, trace);
}

/// The span of this name that the service sent.
fn named<'a>(spans: &'a [Received<Span>], service: &str, name: &str) -> &'a Received<Span> {
    let mut of_service = spans.iter().filter(|span| span.service() == service);
    of_service.find(|span| span.what.name == name).unwrap()
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    let digits = hexadecimal.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}
