use std::task::{Context, Poll};

use http::{Request, Response, Uri, uri};
use http_body::Body;
use steeple_core::{Attempts, Fields, Headers, Observer, OutgoingHead, Scheme};
use tower_service::Service;

use crate::client::{ClientBody, ClientFuture, inject};

/// A client whose requests are observed, made by [`ClientLayer`](crate::ClientLayer).
#[derive(Clone, Debug)]
pub struct Client<S> {
    inner: S,
    observer: Observer,
    origin: Uri,
}

impl<S> Client<S> {
    pub(crate) fn new(inner: S, observer: Observer, origin: Uri) -> Self {
        Self {
            inner,
            observer,
            origin,
        }
    }
}

impl<S, RequestBody, ResponseBody> Service<Request<RequestBody>> for Client<S>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>>,
    ResponseBody: Body,
{
    type Response = Response<ClientBody<ResponseBody>>;
    type Error = S::Error;
    type Future = ClientFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<RequestBody>) -> Self::Future {
        let call = self
            .observer
            .call(&head(&request, &Fields(request.headers()), &self.origin));
        inject(&call, request.headers_mut());
        ClientFuture::new(self.inner.call(request), call)
    }
}

fn head<'a, B>(
    request: &'a Request<B>,
    headers: &'a dyn Headers,
    origin: &'a Uri,
) -> OutgoingHead<'a> {
    let uri = request.uri();
    let server = match uri.host() {
        Some(_) => uri,
        None => origin,
    };
    let attempts = request.extensions().get::<Attempts>();
    OutgoingHead {
        method: request.method().as_str(),
        scheme: if server.scheme() == Some(&uri::Scheme::HTTPS) {
            Scheme::Https
        } else {
            Scheme::Http
        },
        host: server.host().unwrap_or_default(),
        port: server.port_u16(),
        path: uri.path(),
        query: uri.query(),
        headers,
        resend_count: attempts.map_or(0, Attempts::next),
    }
}
