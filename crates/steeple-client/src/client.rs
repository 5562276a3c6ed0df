use std::fmt;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, header::CONTENT_ENCODING};
use steeple_core::pipeline::ExportError;

use crate::{ClientBuilder, ClientError, Endpoint, answer, body, transport::Transport};

/// Sends to one [`Endpoint`] by HTTP/1.1, over connections that it keeps for the next requests. Clones share them.
///
/// Sending needs a tokio runtime, with its time and its I/O: that of a pipeline's worker.
#[derive(Clone)]
pub struct Client(Transport);

impl Client {
    /// A client that is configured in nothing.
    ///
    /// # Errors
    ///
    /// As for [`ClientBuilder::build`].
    pub fn new(endpoint: Endpoint) -> Result<Self, ClientError> {
        Self::builder(endpoint).build()
    }

    /// Configures a client.
    pub fn builder(endpoint: Endpoint) -> ClientBuilder {
        ClientBuilder::new(endpoint)
    }

    pub(crate) fn over(transport: Transport) -> Self {
        Self(transport)
    }

    /// Sends one request with these header fields besides those of the client, and gives the answer of a backend that took it.
    ///
    /// Its body is the beginning of what was sent, up to [so many bytes](ClientBuilder::largest_answer): one that breaks off
    /// or does not end is no failure, since the request was taken.
    ///
    /// # Errors
    ///
    /// [`ExportError::Retryable`] without an answer and for one that is [tried again](ClientBuilder::tried_again);
    /// [`ExportError::Permanent`] for every other answer that is no 2xx. The source tells endpoint, status and the beginning of what the backend said.
    pub async fn send(
        &self,
        method: Method,
        headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
        body: impl Into<Bytes>,
    ) -> Result<Response<Bytes>, ExportError> {
        let answer = self.exchange(method, headers, body).await?;
        self.judge(answer)
    }

    /// As [`send`](Self::send), but gives whatever is answered, for protocols in which it says more than whether it is taken; see
    /// [`judge`](Self::judge).
    ///
    /// # Errors
    ///
    /// [`ExportError::Retryable`] without an answer.
    pub async fn exchange(
        &self,
        method: Method,
        headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
        body: impl Into<Bytes>,
    ) -> Result<Response<Bytes>, ExportError> {
        let Self(transport) = self;
        let compression = transport.compression;
        let body = compression
            .compress(body.into())
            .map_err(ExportError::permanent)?;
        let mut request = Request::new(body.into());
        *request.method_mut() = method;
        *request.uri_mut() = transport.endpoint.uri().clone();
        request.headers_mut().extend(headers);
        if let Some(name) = compression.name() {
            let name = HeaderValue::from_static(name);
            request.headers_mut().insert(CONTENT_ENCODING, name);
        }
        let answer = transport.send(request).await?;
        Ok(body::read(answer, transport.largest_answer).await)
    }

    /// Gives an `answer` on if the backend took what was sent.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub fn judge(&self, answer: Response<Bytes>) -> Result<Response<Bytes>, ExportError> {
        let Self(transport) = self;
        answer::judge(&transport.endpoint, transport.is_temporary, answer)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client").field(&self.0.endpoint).finish()
    }
}
