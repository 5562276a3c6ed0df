//! A router under observation.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{Method, StatusCode},
    response::Response,
};
use http_body_util::BodyExt;
use steeple_axum::{Axum, ObserveLayer};
use steeple_core::{Label, Observer, RequestRecord, errors::ErrorReport};
use steeple_metrics::{Registry, Value};
use tower::{Service, ServiceExt};

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) route: String,
    pub(crate) method: String,
    pub(crate) status: Option<u16>,
    pub(crate) error_type: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) request_id: String,
    pub(crate) request_size: Option<u64>,
    pub(crate) response_size: u64,
}

/// An observer and what it recorded.
pub(crate) struct Stage {
    pub(crate) observer: Observer,
    registry: Registry,
    records: Arc<Mutex<Vec<Seen>>>,
    reports: Arc<Mutex<Vec<Arc<ErrorReport>>>>,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let registry = Registry::new();
        let records = Arc::<Mutex<Vec<Seen>>>::default();
        let sink = Arc::clone(&records);
        let reports = Arc::<Mutex<Vec<_>>>::default();
        let errors = Arc::clone(&reports);
        let observer = Observer::builder()
            .recorder(Arc::new(registry.clone()))
            .label(Label::new("tenant"))
            .sink(move |record: &RequestRecord<'_>| {
                sink.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(Seen::of(record));
            })
            .error_sink(move |report: &Arc<ErrorReport>| {
                errors.lock().unwrap().push(Arc::clone(report));
            })
            .build()
            .unwrap();
        Self {
            observer,
            registry,
            records,
            reports,
        }
    }

    /// What the one report of an error says, with all that caused it.
    pub(crate) fn reported(&self) -> Vec<String> {
        let reports = std::mem::take(&mut *self.reports.lock().unwrap());
        let [report] = &reports[..] else {
            panic!("one report: {reports:#?}")
        };
        report
            .causes
            .iter()
            .map(|cause| cause.message.clone())
            .collect()
    }

    pub(crate) fn layer(&self) -> ObserveLayer<Axum> {
        steeple_axum::layer(&self.observer)
    }

    /// Answers one request and returns the answer, read to its end, and all that was recorded meanwhile.
    pub(crate) async fn send(&self, router: &Router, request: Request) -> (Answer, Vec<Seen>) {
        let answer = answer(router.clone(), request).await;
        (answer, std::mem::take(&mut *self.records.lock().unwrap()))
    }

    /// The one route that GET `path` was recorded under.
    pub(crate) async fn route(&self, router: &Router, path: &str) -> String {
        let (_, records) = self.send(router, get(path)).await;
        let [record] = &records[..] else {
            panic!("one record of {path}: {records:?}")
        };
        record.route.clone()
    }

    /// The sum of the counter `name`.
    pub(crate) fn total(&self, name: &str) -> u64 {
        let values = self.values(name);
        values.iter().filter_map(Value::as_counter).sum()
    }

    /// The sum of the gauge `name`.
    pub(crate) fn gauge(&self, name: &str) -> f64 {
        let values = self.values(name);
        values.iter().filter_map(Value::as_gauge).sum()
    }

    fn values(&self, name: &str) -> Vec<Value> {
        let snapshot = self.registry.snapshot();
        let series = snapshot.family(name).into_iter();
        let series = series.flat_map(|family| &family.series);
        series.map(|series| series.value.clone()).collect()
    }

    pub(crate) fn metrics(&self) -> String {
        self.registry.render()
    }
}

impl Seen {
    fn of(record: &RequestRecord<'_>) -> Self {
        Self {
            route: record.route().to_owned(),
            method: record.method().to_owned(),
            status: record.status,
            error_type: record.error_type.map(|error_type| error_type.to_string()),
            error: record.error.as_ref().map(|error| error.message.clone()),
            request_id: record.request_id.to_string(),
            request_size: record.request_size,
            response_size: record.response_size,
        }
    }
}

/// A response that was read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) request_id: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) body: String,
}

pub(crate) fn get(path: &str) -> Request {
    request(Method::GET, path, Body::empty())
}

pub(crate) fn request(method: Method, path: &str, body: Body) -> Request {
    Request::builder()
        .method(method)
        .uri(path)
        .body(body)
        .unwrap()
}

pub(crate) async fn answer<S, B>(service: S, request: Request) -> Answer
where
    S: Service<Request, Response = Response<B>>,
    S::Error: std::fmt::Debug,
    B: axum::body::HttpBody,
    B::Error: std::fmt::Debug,
{
    let (head, body) = service.oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let field = |name| {
        let field = head.headers.get(name);
        field.map(|field| field.to_str().unwrap().to_owned())
    };
    Answer {
        status: head.status,
        request_id: field("x-request-id"),
        content_type: field("content-type"),
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}
