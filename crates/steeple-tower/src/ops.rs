use std::{
    convert::Infallible,
    fmt,
    future::Future,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Extensions, HeaderName, HeaderValue, Request, Response, StatusCode, request::Parts};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use steeple_core::ops::{LARGEST_BODY, OpsBody, OpsRequest, OpsResponse, OpsService};
use tower_service::Service;

use crate::body::BoxError;

/// Answers HTTP requests with an [`OpsService`], so that it can be mounted in an application's own router.
///
/// Bodies of requests over 1 KiB are refused with a 413. Whom the service answers is for the service to say.
#[derive(Clone)]
pub struct MountedOps {
    service: Arc<dyn OpsService>,
    prefix: Arc<str>,
    peer: Peer,
}

type Peer = fn(&Extensions) -> Option<SocketAddr>;

impl MountedOps {
    /// Mounts `service`.
    #[must_use]
    pub fn new(service: impl OpsService) -> Self {
        Self {
            service: Arc::new(service),
            prefix: Arc::default(),
            peer: |_| None,
        }
    }

    /// Sets the prefix of all paths, `/internal`; what is not below it is answered with a 404. Default: none, as where a
    /// router strips it.
    #[must_use]
    pub fn below(mut self, prefix: impl Into<Arc<str>>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Sets where a request has the address of the other end of its connection. Default: it is unknown.
    #[must_use]
    pub fn peer(mut self, peer: fn(&Extensions) -> Option<SocketAddr>) -> Self {
        self.peer = peer;
        self
    }
}

impl MountedOps {
    fn translate(&self, head: &Parts, body: Bytes) -> Option<OpsRequest> {
        let path = match head.uri.path().strip_prefix(&*self.prefix)? {
            "" => "/",
            below => below.starts_with('/').then_some(below)?,
        };
        let mut request = OpsRequest::new(head.method.as_str(), path).with_body(body);
        if let Some(query) = head.uri.query() {
            request = request.with_query(query);
        }
        if let Some(peer) = (self.peer)(&head.extensions) {
            request = request.with_peer(peer);
        }
        for (name, value) in &head.headers {
            request = request.with_header(name.as_str(), Bytes::copy_from_slice(value.as_bytes()));
        }
        if let Some(authority) = head.uri.authority() {
            request = request.with_authority(authority.as_str().to_owned());
        }
        Some(request)
    }
}

impl fmt::Debug for MountedOps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MountedOps").finish_non_exhaustive()
    }
}

impl<B> Service<Request<B>> for MountedOps
where
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response<OpsResponseBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let mounted = self.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let response = match read(body).await.map(|body| mounted.translate(&head, body)) {
                Ok(Some(request)) => mounted.service.call(request).await,
                Ok(None) => OpsResponse::new(404),
                Err(status) => OpsResponse::new(status),
            };
            Ok(respond(response))
        })
    }
}

/// Reads a whole body, or tells the status to refuse it with.
async fn read(body: impl Body<Error: Into<BoxError>>) -> Result<Bytes, u16> {
    match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(read) => Ok(read.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(413),
        Err(_) => Err(400),
    }
}

fn respond(answer: OpsResponse) -> Response<OpsResponseBody> {
    let status = StatusCode::from_u16(answer.status());
    let headers = answer
        .headers()
        .filter_map(|(name, value)| {
            Some((
                HeaderName::try_from(name).ok()?,
                HeaderValue::try_from(value).ok()?,
            ))
        })
        .collect();
    let mut response = Response::new(OpsResponseBody(answer.into_body()));
    *response.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = headers;
    response
}

/// The body of an answer of [`MountedOps`].
#[derive(Debug)]
pub struct OpsResponseBody(OpsBody);

impl Body for OpsResponseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let chunk = self.0.poll_chunk(context);
        chunk.map(|chunk| chunk.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.size() == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.0
            .size()
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
