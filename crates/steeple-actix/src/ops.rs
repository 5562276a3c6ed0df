use std::{convert::Infallible, sync::Arc};

use actix_web::{
    HttpRequest, HttpResponse, Scope,
    dev::HttpServiceFactory,
    http::StatusCode,
    web::{self, PayloadConfig},
};
use bytes::Bytes;
use futures_util::stream;
use steeple_core::ops::{LARGEST_BODY, OpsBody, OpsRequest, OpsResponse, OpsService, PROBES};

/// Mounts `service` under `prefix`, which begins with `/`, with everything below it.
///
/// Bodies of requests over 1 KiB are refused with a 413. Whom the service answers is for the service to say; guards and
/// middleware of the scope can narrow it down.
///
/// ```
/// use std::sync::Arc;
///
/// use actix_web::App;
/// use steeple_core::ops::OpsService;
///
/// fn mount(service: Arc<dyn OpsService>) {
///     let app = App::new().service(steeple_actix::ops("/internal", service));
/// #   let _ = app;
/// }
/// ```
pub fn ops(prefix: &str, service: impl OpsService) -> Scope {
    let service = Arc::new(service);
    let answer = move |request: HttpRequest, body: Bytes| {
        let answer = service.call(translate(&request, path(&request), body));
        async move { respond(answer.await) }
    };
    // The first of the patterns names the route.
    web::scope(prefix)
        .app_data(PayloadConfig::new(LARGEST_BODY))
        .service(web::resource(["/{path:.*}", ""]).to(answer))
}

/// Mounts the probes of `service` alone, at `/livez`, `/readyz` and `/startupz`.
///
/// ```
/// use std::sync::Arc;
///
/// use actix_web::App;
/// use steeple_core::ops::OpsService;
///
/// fn mount(probes: Arc<dyn OpsService>) {
///     let app = App::new().service(steeple_actix::probes(probes));
/// #   let _ = app;
/// }
/// ```
pub fn probes(service: impl OpsService) -> impl HttpServiceFactory {
    let service = Arc::new(service);
    // One each, since the first pattern of a resource names the route of all.
    let probe = |path: &'static str| {
        let service = service.clone();
        web::resource(path).to(move |request: HttpRequest| {
            let answer = service.call(translate(&request, path, Bytes::new()));
            async move { respond(answer.await) }
        })
    };
    Vec::from(PROBES.map(probe))
}

fn translate(request: &HttpRequest, path: &str, body: Bytes) -> OpsRequest {
    let mut translated = OpsRequest::new(request.method().as_str(), path).with_body(body);
    if let Some(query) = request.uri().query() {
        translated = translated.with_query(query);
    }
    if let Some(peer) = request.peer_addr() {
        translated = translated.with_peer(peer);
    }
    for (name, value) in request.headers() {
        translated =
            translated.with_header(name.as_str(), Bytes::copy_from_slice(value.as_bytes()));
    }
    if let Some(authority) = request.uri().authority() {
        translated = translated.with_authority(authority.as_str().to_owned());
    }
    translated
}

/// The path below the mount point as it was sent: actix-web decodes what it routes by, but for slashes.
fn path(request: &HttpRequest) -> &str {
    let below = request.match_info().get("path");
    let first = |below: &str| {
        let slashes = below.matches('/').count();
        request.path().rmatch_indices('/').nth(slashes)
    };
    below
        .and_then(first)
        .map_or("/", |(at, _)| &request.path()[at..])
}

fn respond(response: OpsResponse) -> HttpResponse {
    let status = StatusCode::from_u16(response.status());
    let mut builder = HttpResponse::build(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    for header in response.headers() {
        builder.append_header(header);
    }
    match response.into_body() {
        OpsBody::Full(bytes) => builder.body(bytes),
        OpsBody::Stream(mut body) => builder.streaming(stream::poll_fn(move |context| {
            let chunk = body.poll_chunk(context);
            chunk.map(|chunk| chunk.map(Ok::<_, Infallible>))
        })),
    }
}
