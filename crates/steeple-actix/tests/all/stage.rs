//! An application under observation.

use std::{
    future::Future,
    mem,
    pin::Pin,
    rc::Rc,
    sync::{Arc, Mutex, PoisonError},
};

use actix_web::{
    App, Error, HttpResponse,
    body::MessageBody,
    dev::{Service, ServiceFactory, ServiceRequest, ServiceResponse},
    http::{Method, StatusCode},
    test::{self, TestRequest},
};
use steeple_actix::Observe;
use steeple_core::{Label, Observer, Outcome, RequestRecord, errors::ErrorReport};
use steeple_metrics::Registry;

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) route: String,
    pub(crate) method: String,
    pub(crate) status: Option<u16>,
    pub(crate) outcome: Outcome,
    pub(crate) error_type: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) panic: Option<String>,
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

    pub(crate) fn observe(&self) -> Observe {
        Observe::new(&self.observer)
    }

    /// Puts the middleware around `app` and starts it.
    pub(crate) async fn start<T, B>(&self, app: App<T>) -> Running
    where
        T: ServiceFactory<
                ServiceRequest,
                Config = (),
                Response = ServiceResponse<B>,
                Error = Error,
                InitError = (),
            > + 'static,
        B: MessageBody + 'static,
    {
        Running::new(app.wrap(self.observe())).await
    }

    /// What was recorded since the last time.
    pub(crate) fn records(&self) -> Vec<Seen> {
        mem::take(&mut *self.records.lock().unwrap())
    }

    /// The one record since the last time.
    pub(crate) fn record(&self) -> Seen {
        let records = self.records();
        let [record] = &records[..] else {
            panic!("one record: {records:?}")
        };
        record.clone()
    }

    /// The one route that GET `path` was recorded under.
    pub(crate) async fn route(&self, app: &Running, path: &str) -> String {
        answer(app, get(path)).await;
        self.record().route
    }

    /// The sum of the counter or gauge `name`.
    pub(crate) fn total(&self, name: &str) -> f64 {
        let snapshot = self.registry.snapshot();
        let series = snapshot
            .family(name)
            .into_iter()
            .flat_map(|family| &family.series);
        series
            .map(|series| {
                let value = &series.value;
                value
                    .as_gauge()
                    .or_else(|| value.as_counter().map(|count| count as f64))
            })
            .sum::<Option<f64>>()
            .unwrap()
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
            outcome: record.outcome,
            error_type: record.error_type.map(|error_type| error_type.to_string()),
            error: record.error.map(|error| error.message.clone()),
            panic: record.panic.map(|panic| panic.message.clone()),
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

type Answering = Pin<Box<dyn Future<Output = Result<ServiceResponse, Error>>>>;

/// An application that runs.
pub(crate) struct Running(Box<dyn Fn(TestRequest) -> Answering>);

impl Running {
    pub(crate) async fn new<T, B>(app: App<T>) -> Self
    where
        T: ServiceFactory<
                ServiceRequest,
                Config = (),
                Response = ServiceResponse<B>,
                Error = Error,
                InitError = (),
            > + 'static,
        B: MessageBody + 'static,
    {
        let service = Rc::new(test::init_service(app).await);
        Self(Box::new(move |request| {
            let service = Rc::clone(&service);
            Box::pin(async move {
                let response = service.call(request.to_request()).await?;
                Ok(response.map_into_boxed_body())
            })
        }))
    }

    pub(crate) fn call(&self, request: TestRequest) -> Answering {
        (self.0)(request)
    }
}

pub(crate) fn get(path: &str) -> TestRequest {
    TestRequest::with_uri(path).method(Method::GET)
}

/// Answers one request as a server does: an error answers with its own response.
pub(crate) async fn answer(app: &Running, request: TestRequest) -> Answer {
    let response: HttpResponse = match app.call(request).await {
        Ok(response) => response.into(),
        Err(error) => error.error_response(),
    };
    read(response).await
}

/// Reads a response to its end.
pub(crate) async fn read(response: HttpResponse) -> Answer {
    let (head, body) = response.into_parts();
    let body = actix_web::body::to_bytes(body).await.unwrap();
    let field = |name: &str| {
        let field = head.headers().get(name);
        field.map(|field| field.to_str().unwrap().to_owned())
    };
    Answer {
        status: head.status(),
        request_id: field("x-request-id"),
        content_type: field("content-type"),
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}
