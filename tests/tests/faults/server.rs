//! A service with steeple around it, and what it says of itself.

use std::{
    future,
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    thread,
};

use axum::{
    Router,
    body::Body,
    extract::{Path, Request},
    routing::{get, post},
};
use bytes::Bytes;
use futures_util::stream;
use steeple::{
    MetricNames, Steeple, SteepleBuilder,
    metrics::{HistogramSnapshot, Value},
    otlp::Otlp,
};
use steeple_tests::hostile::visit;
use tower::util::MapRequestLayer;

/// A service that runs until the process ends.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    steeple: Steeple,
    arrivals: Arc<Arrivals>,
}

/// The requests that reached the service, counted outside of steeple.
#[derive(Default)]
pub(crate) struct Arrivals {
    all: AtomicU64,
    pending: AtomicU64,
}

impl Arrivals {
    pub(crate) fn count(&self, path: &str) {
        self.all.fetch_add(1, SeqCst);
        if path == "/pending" {
            self.pending.fetch_add(1, SeqCst);
        }
    }
}

impl Server {
    /// The service on axum.
    pub(crate) fn start() -> Self {
        Self::start_with(|builder| builder)
    }

    /// The same, with steeple configured further.
    pub(crate) fn start_with(configure: impl FnOnce(SteepleBuilder) -> SteepleBuilder) -> Self {
        Self::serve_with(configure, |steeple, arrivals, listener| {
            let router = router(steeple, arrivals);
            let observer = steeple.observer().clone();
            listener.set_nonblocking(true).expect("a plain socket");
            thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build();
                runtime.expect("a runtime").block_on(async {
                    let listener = tokio::net::TcpListener::from_std(listener);
                    steeple::axum::serve(&observer, listener.expect("a plain socket"), router)
                        .await
                        .expect("the server runs until the process ends");
                });
            });
        })
    }

    /// A service of which `serve` starts the thread.
    pub(crate) fn serve(serve: impl FnOnce(&Steeple, Arc<Arrivals>, TcpListener)) -> Self {
        Self::serve_with(|builder| builder, serve)
    }

    fn serve_with(
        configure: impl FnOnce(SteepleBuilder) -> SteepleBuilder,
        serve: impl FnOnce(&Steeple, Arc<Arrivals>, TcpListener),
    ) -> Self {
        let builder = Steeple::builder("faults")
            .private()
            .without_ops()
            .observer(|observer| {
                observer.metric_names([MetricNames::SemanticConventions, MetricNames::Classic])
            });
        let steeple = configure(builder).build().expect("a valid configuration");
        let arrivals = Arc::<Arrivals>::default();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        serve(&steeple, Arc::clone(&arrivals), listener);
        Self {
            address,
            steeple,
            arrivals,
        }
    }

    /// What it exports by.
    pub(crate) fn otlp(&self) -> &Otlp {
        self.steeple.otlp().expect("it was told to export")
    }

    /// Requests that reached the service, counted outside of steeple.
    pub(crate) fn arrived(&self) -> u64 {
        self.arrivals.all.load(SeqCst)
    }

    /// Those to `/pending`.
    pub(crate) fn never_answered(&self) -> u64 {
        self.arrivals.pending.load(SeqCst)
    }

    /// One ordinary request, read to its end.
    pub(crate) fn visit(&self, path: &str) {
        assert_eq!(visit(self.address, path).expect("the service serves"), 200);
    }

    /// The in-flight gauge, over all its series.
    pub(crate) fn in_flight(&self) -> f64 {
        self.gauge("http_server_active_requests")
    }

    /// The in-flight gauge by route, over all its series, of which none makes up for another.
    pub(crate) fn in_flight_by_route(&self) -> f64 {
        let values = self.values("http_requests_in_flight");
        let gauges = values.iter().filter_map(Value::as_gauge);
        gauges.map(f64::abs).sum()
    }

    /// How many connections have come and gone.
    pub(crate) fn connections(&self) -> u64 {
        let values = self.values("http_server_connection_duration_seconds");
        let histograms = values.iter().filter_map(Value::as_histogram);
        histograms.map(HistogramSnapshot::count).sum()
    }

    /// The gauge of open connections.
    pub(crate) fn open_connections(&self) -> f64 {
        self.gauge("http_server_open_connections")
    }

    /// The requests counted, over all series.
    pub(crate) fn requests(&self) -> u64 {
        self.total("http_server_requests_total")
    }

    /// A counter's total, over all its series.
    pub(crate) fn total(&self, counter: &str) -> u64 {
        let values = self.values(counter);
        values.iter().filter_map(Value::as_counter).sum()
    }

    /// How many series a metric has.
    pub(crate) fn series(&self, metric: &str) -> usize {
        self.values(metric).len()
    }

    /// The requests counted with exactly these labels.
    pub(crate) fn requests_of(
        &self,
        method: &str,
        route: &str,
        status: &str,
        outcome: &str,
    ) -> u64 {
        let labels = [
            ("http_request_method", method),
            ("http_route", route),
            ("http_response_status_code", status),
            ("outcome", outcome),
        ];
        let snapshot = self.steeple.registry().snapshot();
        snapshot
            .value("http_server_requests_total", &labels)
            .and_then(Value::as_counter)
            .unwrap_or(0)
    }

    /// The whole exposition.
    pub(crate) fn exposition(&self) -> String {
        self.steeple.registry().render()
    }

    fn gauge(&self, name: &str) -> f64 {
        let values = self.values(name);
        values.iter().filter_map(Value::as_gauge).sum()
    }

    fn values(&self, metric: &str) -> Vec<Value> {
        let snapshot = self.steeple.registry().snapshot();
        let family = snapshot.family(metric);
        family.map_or_else(Vec::new, |family| {
            family
                .series
                .iter()
                .map(|series| series.value.clone())
                .collect()
        })
    }
}

fn router(steeple: &Steeple, arrivals: Arc<Arrivals>) -> Router {
    let count = move |request: Request| {
        arrivals.count(request.uri().path());
        request
    };
    Router::new()
        .route("/hello", get(|| async { "hello" }))
        .route("/late/{number}", get(|| async { "a late route" }))
        .route("/order/{order}", get(order))
        .route("/pending", get(future::pending::<&'static str>))
        .route("/endless", get(async || endless()))
        .route("/upload", post(async |_: Bytes| "uploaded"))
        .route("/panic", get(panicking))
        .layer(steeple.axum())
        .layer(MapRequestLayer::new(count))
}

fn endless() -> Body {
    let event = Ok::<_, std::convert::Infallible>(Bytes::from_static(b"data: tick\n\n"));
    Body::from_stream(stream::repeat(event))
}

/// A mistake of the application's: a label without bounds.
async fn order(Path(order): Path<String>) -> &'static str {
    metrics::counter!("shop.orders", "order" => order).increment(1);
    "ordered"
}

async fn panicking() -> &'static str {
    panic!("on purpose")
}
