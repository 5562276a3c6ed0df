use std::fmt;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Version,
    header::{CONTENT_TYPE, TE},
};
use steeple_core::pipeline::ExportError;

use super::{answer, message};
use crate::transport::Transport;

pub(super) const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// Calls the methods of one [`Endpoint`](crate::Endpoint) by gRPC, over a connection that it keeps for the next calls. Clones
/// share it.
///
/// It is of HTTP/2 from its first byte, over TLS if the URL is of https. Calling needs a tokio runtime, with its time and its
/// I/O: that of a pipeline's worker.
#[derive(Clone)]
pub struct GrpcClient(Transport);

impl GrpcClient {
    pub(crate) fn over(transport: Transport) -> Self {
        Self(transport)
    }

    /// Calls the method at `path`, such as `/opentelemetry.proto.collector.trace.v1.TraceService/Export`, below the path of the
    /// endpoint, and gives the message that it answers.
    ///
    /// # Errors
    ///
    /// As [OTLP](https://opentelemetry.io/docs/specs/otlp/#failures) has it. [`ExportError::Retryable`] without an answer, and
    /// for the status `CANCELLED`, `DEADLINE_EXCEEDED`, `ABORTED`, `OUT_OF_RANGE`, `UNAVAILABLE` and `DATA_LOSS`, and for
    /// `RESOURCE_EXHAUSTED` that comes with a `google.rpc.RetryInfo`, whose pause is kept. [`ExportError::Permanent`] for every
    /// other status, and for an answer that is more than [`LARGEST_ANSWER`](crate::LARGEST_ANSWER) bytes or not of gRPC. What a
    /// proxy answers by HTTP alone is judged as [`Client::send`](crate::Client::send) does.
    pub async fn unary(&self, path: &str, message: impl Into<Bytes>) -> Result<Bytes, ExportError> {
        let Self(transport) = self;
        let endpoint = transport
            .endpoint
            .append_path(path)
            .map_err(ExportError::permanent)?;
        let framed = message::frame(message.into(), transport.compression)
            .map_err(ExportError::permanent)?;
        let mut request = Request::new(framed.into());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = endpoint.uri().clone();
        *request.version_mut() = Version::HTTP_2;
        request.headers_mut().extend(self.headers());
        let answer = transport.send(request).await?;
        answer::judge(&transport.endpoint, transport.is_temporary, answer).await
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(TE, HeaderValue::from_static("trailers"));
        if let Some(name) = self.0.compression.name() {
            headers.insert(ENCODING, HeaderValue::from_static(name));
            // Servers answer as they are asked.
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(name));
        }
        headers
    }
}

impl fmt::Debug for GrpcClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GrpcClient").field(&self.0.endpoint).finish()
    }
}
