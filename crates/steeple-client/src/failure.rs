use std::{error::Error, io};

use steeple_core::{GrpcStatus, pipeline::ExportError};

#[cfg(feature = "grpc")]
use crate::grpc::CallError;
use crate::{answer::Refused, transport::NoAnswer};

/// Why a backend did not take what was sent, without anything that could be secret: neither where it was sent to nor what was
/// answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// There was no connection, or it broke.
    Connection(Option<io::ErrorKind>),
    /// TLS was not agreed on.
    Tls,
    /// There was no answer in time.
    TimedOut,
    /// It answered with this status of HTTP.
    Status(u16),
    /// It answered with this status of gRPC.
    Call(GrpcStatus),
    /// It answered otherwise than the protocol has it.
    Protocol,
}

impl Failure {
    /// Finds it among the sources of `error`, from a client of this crate.
    #[must_use]
    pub fn of(error: &ExportError) -> Self {
        let source = match error {
            ExportError::Retryable { source, .. }
            | ExportError::Unfinished { source, .. }
            | ExportError::Permanent { source } => source,
            ExportError::TimedOut { .. } => return Self::TimedOut,
            _ => return Self::Protocol,
        };
        if let Some(refused) = source.downcast_ref::<Refused>() {
            return Self::Status(refused.status.as_u16());
        }
        #[cfg(feature = "grpc")]
        if let Some(refused) = source.downcast_ref::<CallError>() {
            return refused.code().map_or(Self::Protocol, Self::Call);
        }
        if source.is::<NoAnswer>() {
            return Self::of_connection(&**source);
        }
        Self::Protocol
    }

    /// The innermost cause counts.
    fn of_connection(error: &(dyn Error + 'static)) -> Self {
        let mut kind = None;
        let mut next = Some(error);
        while let Some(error) = next {
            #[cfg(feature = "tls")]
            if error.is::<rustls::Error>() {
                return Self::Tls;
            }
            let io = error.downcast_ref::<io::Error>();
            kind = io.map(io::Error::kind).or(kind);
            // Its own source would be that of what it holds.
            next = match io.and_then(io::Error::get_ref) {
                Some(held) => Some(held),
                None => error.source(),
            };
        }
        Self::Connection(kind)
    }
}
