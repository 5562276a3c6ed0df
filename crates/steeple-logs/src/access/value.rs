//! What is filled into gaps of lines.

use super::lines::Told;
use crate::encode::push_escaped;

/// A value of a request.
#[derive(Clone, Copy)]
pub(super) enum Value {
    Duration,
    RequestId,
    Method,
    RequestSize,
    Status,
    ResponseSize,
    Version,
    Scheme,
    Domain,
    Path,
    Query,
    Client,
    Agent,
    Route,
    HeadDuration,
}

impl Value {
    /// Whether lines have it in [common](super::common::Common) with others.
    pub(super) fn is_common(self) -> bool {
        matches!(
            self,
            Self::Status
                | Self::Route
                | Self::Method
                | Self::Version
                | Self::Scheme
                | Self::Domain
                | Self::Agent
        )
    }

    /// Appends it as strings of JSON have it.
    #[inline(always)]
    pub(super) fn push(self, out: &mut Vec<u8>, told: &Told<'_>) {
        let plain = match self {
            Self::Duration => return push_number(out, told.duration),
            Self::RequestSize => return push_number(out, told.request_size.unwrap_or(0)),
            Self::Status => return push_number(out, told.status.unwrap_or(0)),
            Self::ResponseSize => return push_number(out, told.response_size),
            Self::HeadDuration => return push_number(out, told.head_duration.unwrap_or(0)),
            Self::Method => return push_escaped(out, told.method),
            Self::Domain => return push_escaped(out, told.domain.unwrap_or_default()),
            Self::Path => return push_escaped(out, told.path),
            Self::Query => return push_escaped(out, told.query.unwrap_or_default()),
            Self::Agent => return push_escaped(out, told.agent.unwrap_or_default()),
            Self::Route => return push_escaped(out, told.route),
            Self::RequestId => told.request_id.as_bytes(),
            Self::Version => told.version.as_bytes(),
            Self::Scheme => told.scheme.as_bytes(),
            Self::Client => told.client.unwrap_or_default().as_bytes(),
        };
        out.extend_from_slice(plain);
    }
}

fn push_number(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}
