//! What an answer says about the call.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use steeple_core::{GrpcStatus, pipeline::ExportError};
use thiserror::Error;

use super::{
    client::ENCODING,
    message::{self, MessageError},
    status::Status,
};
use crate::{Compression, Endpoint, LARGEST_ANSWER, answer, body};

/// A call was answered, but not with a message.
#[derive(Debug, Error)]
pub(crate) enum CallError {
    #[error("{endpoint} answered {code}: {reason:?}")]
    Refused {
        endpoint: Endpoint,
        code: GrpcStatus,
        reason: String,
    },
    #[error(
        "{endpoint} answered {content_type:?}, which is not gRPC: see whether it is the port of gRPC"
    )]
    NoGrpc {
        endpoint: Endpoint,
        content_type: String,
    },
    #[error(
        "{endpoint} answered without a grpc-status: see whether a proxy before it leaves out trailers"
    )]
    NoStatus { endpoint: Endpoint },
    #[error("{endpoint} answered more than {LARGEST_ANSWER} bytes")]
    TooLarge { endpoint: Endpoint },
    #[error("{endpoint} answered something else than a message")]
    NoMessage {
        endpoint: Endpoint,
        source: MessageError,
    },
    #[error("the answer of {endpoint} broke off")]
    BrokenOff {
        endpoint: Endpoint,
        source: hyper::Error,
    },
}

impl CallError {
    /// The status that it ended with, if it had one.
    pub(crate) fn code(&self) -> Option<GrpcStatus> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }
}

pub(super) async fn judge(
    endpoint: &Endpoint,
    is_temporary: fn(StatusCode) -> bool,
    answer: Response<Incoming>,
) -> Result<Bytes, ExportError> {
    // A call that failed before there was a message has its trailers for headers.
    if let Some(status) = Status::of(answer.headers()) {
        return settle(endpoint, status, Bytes::new());
    }
    if !answer.status().is_success() {
        let answer = body::read(answer, LARGEST_ANSWER).await;
        return answer::judge(endpoint, is_temporary, answer).map(Response::into_body);
    }
    let endpoint = endpoint.clone();
    let (head, body) = answer.into_parts();
    let content_type = head
        .headers
        .get(CONTENT_TYPE)
        .map_or(&[][..], |value| value.as_bytes());
    if !content_type.starts_with(b"application/grpc") {
        return Err(ExportError::permanent(CallError::NoGrpc {
            endpoint,
            content_type: answer::reason(content_type),
        }));
    }
    let (body, trailers) = read(&endpoint, body).await?;
    let Some(status) = Status::of(&trailers) else {
        return Err(ExportError::permanent(CallError::NoStatus { endpoint }));
    };
    let body = settle(&endpoint, status, body)?;
    let encoding = head.headers.get(ENCODING).map(|name| name.as_bytes());
    message::unframe(body, Compression::named(encoding))
        .map_err(|source| ExportError::permanent(CallError::NoMessage { endpoint, source }))
}

/// `body`, if the call succeeded.
fn settle(endpoint: &Endpoint, status: Status, body: Bytes) -> Result<Bytes, ExportError> {
    if status.code == GrpcStatus::Ok {
        return Ok(body);
    }
    let refused = CallError::Refused {
        endpoint: endpoint.clone(),
        code: status.code,
        reason: answer::reason(&status.message),
    };
    Err(match status.retry_after {
        _ if !status.is_retryable() => ExportError::permanent(refused),
        Some(pause) => ExportError::retry_after(pause, refused),
        None => ExportError::retryable(refused),
    })
}

/// All of the body, and what comes behind it.
async fn read(endpoint: &Endpoint, mut body: Incoming) -> Result<(Bytes, HeaderMap), ExportError> {
    let endpoint = || endpoint.clone();
    let mut read = BytesMut::new();
    let mut trailers = HeaderMap::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|source| {
            ExportError::retryable(CallError::BrokenOff {
                endpoint: endpoint(),
                source,
            })
        })?;
        match frame.into_data() {
            Ok(data) if read.len() + data.len() > LARGEST_ANSWER => {
                return Err(ExportError::permanent(CallError::TooLarge {
                    endpoint: endpoint(),
                }));
            }
            Ok(data) => read.extend_from_slice(&data),
            Err(frame) => trailers = frame.into_trailers().unwrap_or_default(),
        }
    }
    Ok((read.freeze(), trailers))
}
