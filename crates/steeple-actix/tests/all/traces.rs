//! What requests and answers tell of traces.

use actix_web::{
    App, HttpResponse,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
    error::ErrorBadGateway,
    http::Version,
    middleware::{Next, from_fn},
    test::TestRequest,
    web,
};
use steeple_actix::Observe;
use steeple_core::{Observer, Propagators, ResponseTrace, TraceConfig, current};

use crate::stage::Running;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

fn observe(config: TraceConfig) -> Observe {
    Observe::new(&Observer::builder().traces(config).build().unwrap())
}

async fn answer(app: &Running, request: TestRequest) -> HttpResponse<BoxBody> {
    match app.call(request).await {
        Ok(response) => response.into(),
        Err(error) => error.error_response(),
    }
}

async fn refuse(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, actix_web::Error> {
    if request.path() == "/refused" {
        return Err(ErrorBadGateway("refused"));
    }
    next.call(request).await
}

#[actix_web::test]
async fn answers_and_errors_tell_the_trace_besides_what_the_application_says() {
    let handler = async || {
        let timing = ("server-timing", "db;dur=5");
        HttpResponse::Ok().insert_header(timing).finish()
    };
    let config = TraceConfig::new().response_header(ResponseTrace::ServerTiming);
    let app = App::new()
        .route("/", web::get().to(handler))
        .wrap(from_fn(refuse))
        .wrap(observe(config));
    let app = Running::new(app).await;
    for (path, own) in [("/", Some("db;dur=5")), ("/refused", None)] {
        let parent = format!("00-{TRACE}-{CALLER}-01");
        let request = TestRequest::with_uri(path).insert_header(("traceparent", parent));
        let response = answer(&app, request).await;
        let timings = response.headers().get_all("server-timing");
        let timings = Vec::from_iter(timings.map(|timing| timing.to_str().unwrap()));
        let (trace, others) = timings.split_last().unwrap();
        assert!(
            trace.starts_with(&format!("traceparent;desc=\"00-{TRACE}-")),
            "{path}: {trace}"
        );
        assert_eq!(others.first().copied(), own, "{path}");
    }
}

#[actix_web::test]
async fn the_formats_that_are_configured_are_looked_up() {
    let parent = async || {
        let parent = current::trace().unwrap().parent_span_id();
        parent.unwrap().to_string()
    };
    let propagators = Propagators::parse("jaeger,b3", |unknown| panic!("{unknown}"));
    let app = App::new()
        .route("/", web::get().to(parent))
        .wrap(observe(TraceConfig::new().propagators(propagators)));
    let app = Running::new(app).await;
    for version in [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2] {
        for (name, separator) in [("uber-trace-id", ":"), ("b3", "-")] {
            let rest = if name == "b3" { "" } else { ":0:1" };
            let ids = format!("{TRACE}{separator}{CALLER}{rest}");
            let request = TestRequest::get().version(version);
            let response = answer(&app, request.insert_header((name, ids))).await;
            let body = actix_web::body::to_bytes(response.into_body()).await;
            assert_eq!(body.unwrap(), CALLER, "{name} over {version:?}");
        }
    }
}
