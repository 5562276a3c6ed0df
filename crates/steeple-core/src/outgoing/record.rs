//! What a request that went out was.

use std::{fmt, time::Duration};

use crate::{
    clock::{Elapsed, Timestamp},
    grpc::{Call, RpcCall},
    head::{HttpVersion, Scheme},
    method::Method,
    observer::Shared,
    outcome::ErrorType,
    outgoing::{OutgoingHead, Server},
    text,
    trace_context::TraceContext,
};

/// The type of error of what is cancelled.
pub(crate) const CANCELLED: &str = "cancelled";

/// How many bytes of each text of a URL are kept.
const LONGEST_TEXT: usize = 1_024;

/// What one request that went out was and how it ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct CallRecord<'a> {
    /// Its place in the trace, if it has one: that of a client's span, below the one that it was sent from.
    pub trace: Option<TraceContext>,
    /// When it was sent.
    pub started: Timestamp,
    /// The scheme of its URL.
    pub scheme: Scheme,
    /// The version of HTTP that it was answered in.
    pub version: Option<HttpVersion>,
    /// The status that it was answered with, if it was.
    pub status: Option<u16>,
    /// What went wrong: a status from 400 on, any status of a gRPC call but `OK`, the type of an error, `body_error`, `timeout`
    /// if a gRPC call took longer than its `grpc-timeout`, or `cancelled` if nobody waited for the answer.
    pub error_type: Option<ErrorType>,
    /// How often it was sent before.
    pub resend_count: u32,
    /// What is kept of it if its trace is recorded.
    pub target: Option<&'a CallTarget>,
    pub(crate) elapsed: Elapsed,
    pub(crate) shared: &'a Shared,
    pub(crate) keys: CallKeys,
}

/// What a request that goes out was sent for.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallTarget {
    /// The method as sent.
    pub method: String,
    /// The host, without the brackets of an address of version 6; empty if it is not known.
    pub host: String,
    /// The port, which the scheme may have told.
    pub port: u16,
    /// The path of the URL, as sent, but at most 1,024 bytes.
    pub path: String,
    /// The query, without the `?`, and as long. It may hold secrets.
    pub query: Option<String>,
}

impl CallTarget {
    pub(super) fn of(head: &OutgoingHead<'_>) -> Self {
        let keep = |value: &str| text::beginning(value, LONGEST_TEXT).to_owned();
        Self {
            method: keep(head.method),
            host: keep(head.address()),
            port: head.effective_port(),
            path: keep(head.path),
            query: head.query.map(keep),
        }
    }
}

/// Queries may hold secrets.
impl fmt::Debug for CallTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallTarget")
            .field("method", &self.method)
            .field("host", &self.host)
            .field("port", &self.port)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// The parts of a record by their places in the observer's tables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallKeys {
    pub(crate) method: Method,
    pub(crate) server: Server,
    /// What became of it as a gRPC call, if it is one.
    pub(crate) rpc: Option<Call>,
}

impl<'a> CallRecord<'a> {
    /// The method, `_OTHER` if it is none of the known ones.
    #[must_use]
    pub fn method(&self) -> &'a str {
        self.shared.methods.name(self.keys.method)
    }

    /// The method as the name of a span begins: `HTTP` if it is none of the known ones.
    #[must_use]
    pub fn span_method(&self) -> &'a str {
        self.shared.methods.span_name(self.keys.method)
    }

    /// Host and port that it went to, as its metrics tell them: `_OTHER` and none where it is not known, where it has never
    /// answered or where 100 others did before. Hosts that [are told of traces](crate::TraceConfig::propagate_to) by name are
    /// told apart in any case, up to 200 in all.
    #[must_use]
    pub fn server(&self) -> (&'a str, Option<u16>) {
        self.shared.servers.address(self.keys.server)
    }

    /// What it was as a remote procedure call, if it was one. Where no status came it is what the client makes of that:
    /// `UNAVAILABLE` without an answer, `INTERNAL` if the answer broke off, `CANCELLED` or `DEADLINE_EXCEEDED` if nobody waited.
    #[must_use]
    pub fn rpc(&self) -> Option<RpcCall<'a>> {
        let call = self.keys.rpc?;
        Some(call.named(&self.shared.routes))
    }

    /// Whether nobody waited for its answer, which is no error.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.error_type == Some(ErrorType::Named(CANCELLED))
    }

    /// From its beginning to the end of the answer's body, or to where nobody wanted more of it.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.elapsed.into()
    }
}
