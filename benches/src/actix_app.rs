//! The application on actix-web, driven as its HTTP/1 dispatcher does it.

use std::{error::Error, future::poll_fn, pin::pin};

use actix_http::{
    Request,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use actix_web::{
    App,
    body::MessageBody,
    dev::{Service, ServiceFactory, ServiceRequest, ServiceResponse},
    http::Uri,
    test, web,
};

use crate::request::{self, Server};

/// A server of the routes inside `app`, which brings its middleware.
pub(crate) fn server<T, B>(app: App<T>) -> Server
where
    T: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<B>,
            Error = actix_web::Error,
            InitError = (),
        > + 'static,
    B: MessageBody + 'static,
{
    let app = request::ROUTES.into_iter().fold(app, |app, path| {
        app.route(path, web::get().to(request::answer))
    });
    let service = request::ready(test::init_service(app));
    let uri = Uri::from_static(request::PATH);
    let headers: HeaderMap = request::HEADERS
        .into_iter()
        .map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        })
        .collect();
    Box::new(move || request::ready(exchange(&service, copy(&uri, &headers))))
}

fn copy(uri: &Uri, headers: &HeaderMap) -> Request {
    let mut request = Request::new();
    *request.uri_mut() = uri.clone();
    request.headers_mut().clone_from(headers);
    request
}

/// The body is polled until it yields `None`, whatever its length; then it is dropped.
async fn exchange<B: MessageBody>(
    service: &impl Service<Request, Response = ServiceResponse<B>, Error = actix_web::Error>,
    request: Request,
) -> usize {
    let response = match service.call(request).await {
        Ok(response) => response,
        Err(error) => panic!("the benched application fails: {error}"),
    };
    let mut body = pin!(response.into_body());
    let mut bytes = 0;
    if body.size().is_eof() {
        return bytes;
    }
    while let Some(chunk) = poll_fn(|context| body.as_mut().poll_next(context)).await {
        match chunk {
            Ok(chunk) => bytes += chunk.len(),
            Err(error) => panic!("the benched body fails: {}", error.into() as Box<dyn Error>),
        }
    }
    bytes
}
