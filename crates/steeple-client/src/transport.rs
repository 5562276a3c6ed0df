use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header::Entry};
use http_body_util::Full;
use hyper_util::client::legacy;
use steeple_core::pipeline::ExportError;
use thiserror::Error;

use crate::{Compression, Endpoint, connections::Connections};

/// What all requests to an endpoint have in common.
#[derive(Clone)]
pub(crate) struct Transport {
    pub(crate) endpoint: Endpoint,
    pub(crate) headers: HeaderMap,
    pub(crate) compression: Compression,
    /// Whether an answer that is no 2xx is tried again.
    pub(crate) is_temporary: fn(StatusCode) -> bool,
    /// Of the body of an answer so many bytes are read.
    pub(crate) largest_answer: usize,
    pub(crate) connections: Connections,
}

/// A request had no answer.
#[derive(Debug, Error)]
#[error("no answer from {endpoint}")]
pub(crate) struct NoAnswer {
    endpoint: Endpoint,
    source: legacy::Error,
}

impl Transport {
    /// Sends one request, and gives its answer as it begins.
    pub(crate) async fn send(
        &self,
        mut request: Request<Full<Bytes>>,
    ) -> Result<Response<hyper::body::Incoming>, ExportError> {
        let headers = request.headers_mut();
        for (name, value) in &self.headers {
            if let Entry::Vacant(entry) = headers.entry(name) {
                entry.insert(value.clone());
            }
        }
        self.connections.request(request).await.map_err(|source| {
            ExportError::retryable(NoAnswer {
                endpoint: self.endpoint.clone(),
                source,
            })
        })
    }
}
