//! A server, a client that calls it, and what both recorded.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use axum::{
    Router,
    http::{HeaderMap, StatusCode},
    routing::{any, get},
};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use steeple_core::{
    CallRecord, JobRecord, Observer, RequestRecord, Sink, TraceConfig, TraceContext, Trust,
};
use steeple_metrics::Registry;
use steeple_reqwest::ObserveRequests;
use tokio::net::TcpListener;

/// What is looked at of the record of a request that went out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) trace: Option<TraceContext>,
    pub(crate) status: Option<u16>,
    pub(crate) error_type: Option<String>,
    pub(crate) resend_count: u32,
    pub(crate) recorded: bool,
}

/// All places in traces, of what came in and of what went out.
#[derive(Clone, Default)]
pub(crate) struct Records {
    requests: Arc<Mutex<Vec<TraceContext>>>,
    jobs: Arc<Mutex<Vec<TraceContext>>>,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Records {
    pub(crate) fn requests(&self) -> Vec<TraceContext> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn jobs(&self) -> Vec<TraceContext> {
        self.jobs.lock().unwrap().clone()
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }
}

impl Sink for Records {
    fn request(&self, record: &RequestRecord<'_>) {
        self.requests.lock().unwrap().push(record.trace());
    }

    fn call(&self, record: &CallRecord<'_>) {
        self.calls.lock().unwrap().push(Call {
            trace: record.trace,
            status: record.status,
            error_type: record.error_type.map(|error| error.to_string()),
            resend_count: record.resend_count,
            recorded: record.target.is_some(),
        });
    }

    fn job(&self, record: &JobRecord<'_>) {
        self.jobs.lock().unwrap().push(record.trace());
    }
}

pub(crate) struct Stage {
    pub(crate) address: SocketAddr,
    pub(crate) observer: Observer,
    pub(crate) records: Records,
    pub(crate) registry: Registry,
    /// What the server recorded.
    pub(crate) served: Records,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(TraceConfig::new()).await
    }

    /// A server, and clients whose traces are begun as `config` says.
    pub(crate) async fn with(config: TraceConfig) -> Self {
        let (records, served) = (Records::default(), Records::default());
        let registry = Registry::new();
        let observer = Observer::builder()
            .traces(config)
            .recorder(Arc::new(registry.clone()))
            .sink(records.clone())
            .build()
            .unwrap();
        let server = Observer::builder()
            .traces(TraceConfig::new().trust(Trust::everybody()))
            .sink(served.clone())
            .build()
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = router().layer(steeple_tower::ObserveLayer::new(&server));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            observer,
            records,
            registry,
            served,
        }
    }

    pub(crate) fn client(&self) -> ClientWithMiddleware {
        self.behind(ClientBuilder::new(reqwest::Client::new()))
    }

    /// The client behind other middleware.
    pub(crate) fn behind(&self, others: ClientBuilder) -> ClientWithMiddleware {
        others.with(ObserveRequests::new(&self.observer)).build()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

fn router() -> Router {
    let attempts = Arc::new(AtomicU32::new(0));
    let unsteady = move || {
        let first = attempts.fetch_add(1, Relaxed) == 0;
        async move {
            if first {
                StatusCode::SERVICE_UNAVAILABLE
            } else {
                StatusCode::OK
            }
        }
    };
    Router::new()
        .route("/fields", get(fields))
        .route("/hello", get(async || "hello"))
        .route("/missing", get(async || StatusCode::NOT_FOUND))
        .route("/never", any(std::future::pending::<()>))
        .route("/unsteady", get(unsteady))
}

/// The names of the request's header fields.
async fn fields(headers: HeaderMap) -> String {
    let names = headers.keys().map(|name| name.as_str());
    Vec::from_iter(names).join(" ")
}
