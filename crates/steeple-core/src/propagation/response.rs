//! The trace of a request in the header fields of its response.

use super::{parent::Parent, traceparent, value::Value};

/// A header field of responses that tells the client the trace and the span of its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseTrace {
    /// `traceresponse: 00-TRACE-SPAN-FLAGS`, as trace context level 2
    /// [had it](https://github.com/w3c/trace-context/blob/bc3c536f62cf7802ec86d48eabd38cb5e0171028/spec/21-http_response_header_format.md)
    /// until 2025.
    Traceresponse,
    /// `server-timing: traceparent;desc="00-TRACE-SPAN-FLAGS"`, which browsers show to
    /// [scripts](https://www.w3.org/TR/server-timing/), so that their agents can take up the trace.
    ServerTiming,
}

impl ResponseTrace {
    /// The name of the field.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Traceresponse => "traceresponse",
            Self::ServerTiming => "server-timing",
        }
    }

    /// Its value for the span of the request.
    pub(crate) fn value(self, span: &Parent) -> Value {
        match self {
            Self::Traceresponse => traceparent::write(Value::EMPTY, span),
            Self::ServerTiming => {
                traceparent::write(Value::EMPTY.text("traceparent;desc=\""), span).text("\"")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::propagation::tests::{SPAN, TRACE, parent};

    #[test]
    fn a_response_tells_the_span_that_answered() {
        let span = parent(TRACE, SPAN, Some(true));
        let said = |field: ResponseTrace| (field.name(), field.value(&span).as_str().to_owned());
        let traceparent = format!("00-{TRACE}-{SPAN}-01");
        assert_eq!(
            said(ResponseTrace::ServerTiming),
            (
                "server-timing",
                format!("traceparent;desc=\"{traceparent}\"")
            )
        );
        assert_eq!(
            said(ResponseTrace::Traceresponse),
            ("traceresponse", traceparent)
        );
    }
}
