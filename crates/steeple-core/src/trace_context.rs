//! The identity of a request in a distributed trace: [W3C trace context](https://www.w3.org/TR/trace-context-2/).

use std::{
    fmt,
    num::{NonZeroU64, NonZeroU128},
};

use crate::hex;

const SAMPLED: u8 = 0x01;
const RANDOM: u8 = 0x02;

/// The id of a trace: 16 bytes, not all zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(NonZeroU128);

/// The id of a span: 8 bytes, not all zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId(NonZeroU64);

/// Where a request stands in its trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    trace_id: TraceId,
    span_id: SpanId,
    parent_span_id: Option<SpanId>,
    flags: u8,
}

impl TraceContext {
    /// The id that all spans of the trace share.
    #[must_use]
    pub fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// The id of this request's own span.
    #[must_use]
    pub fn span_id(&self) -> SpanId {
        self.span_id
    }

    /// The caller's span, if it sent a valid `traceparent`.
    #[must_use]
    pub fn parent_span_id(&self) -> Option<SpanId> {
        self.parent_span_id
    }

    /// Whether the caller asked for the trace to be recorded.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// Continues the caller's trace, or starts one.
    pub(crate) fn continue_from(remote: &Remote) -> Self {
        let span_id = SpanId(NonZeroU64::new(fastrand::u64(..)).unwrap_or(NonZeroU64::MIN));
        match *remote {
            Remote::Parent {
                trace_id,
                span_id: parent,
                flags,
            } => Self {
                trace_id,
                span_id,
                parent_span_id: Some(parent),
                flags,
            },
            Remote::None | Remote::Repeated => Self {
                trace_id: TraceId(NonZeroU128::new(fastrand::u128(..)).unwrap_or(NonZeroU128::MIN)),
                span_id,
                parent_span_id: None,
                flags: RANDOM,
            },
        }
    }
}

/// What the `traceparent` fields of a request said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Remote {
    #[default]
    None,
    Parent {
        trace_id: TraceId,
        span_id: SpanId,
        flags: u8,
    },
    /// There were several: none can be trusted, and a new trace begins.
    Repeated,
}

/// Takes in one more `traceparent` field.
pub(crate) fn receive(remote: &mut Remote, value: &[u8]) {
    *remote = match remote {
        Remote::None => parse_traceparent(value),
        Remote::Parent { .. } | Remote::Repeated => Remote::Repeated,
    };
}

/// Parses a [`traceparent`](https://www.w3.org/TR/trace-context-2/#traceparent-header) strictly: fixed widths,
/// lower-case hex, no zero ids, nothing behind version 00. Higher versions are read as 00.
fn parse_traceparent(value: &[u8]) -> Remote {
    let value = value.trim_ascii();
    let Some((head, rest)) = value.split_first_chunk::<55>() else {
        return Remote::None;
    };
    let mut digits = [b'0'; 64];
    digits[..32].copy_from_slice(&head[3..35]);
    digits[32..48].copy_from_slice(&head[36..52]);
    digits[48..50].copy_from_slice(&head[..2]);
    digits[50..52].copy_from_slice(&head[53..]);
    let Some([a, b, c, d, e, f, outer, _]) = hex::decode(&digits) else {
        return Remote::None;
    };
    let join = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
    let trace_id = NonZeroU128::new(u128::from(join(a, b)) << 64 | u128::from(join(c, d)));
    let span_id = NonZeroU64::new(join(e, f));
    let [version, flags, ..] = outer.to_be_bytes();
    let ends_well = match version {
        0 => rest.is_empty(),
        0xff => false,
        _ => matches!(rest.first(), None | Some(b'-')),
    };
    let dashes = head[2] == b'-' && head[35] == b'-' && head[52] == b'-';
    match (trace_id, span_id) {
        (Some(trace_id), Some(span_id)) if ends_well && dashes => Remote::Parent {
            trace_id: TraceId(trace_id),
            span_id: SpanId(span_id),
            flags: flags & (SAMPLED | RANDOM),
        },
        _ => Remote::None,
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceId({self})")
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpanId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    fn received(values: &[&str]) -> Remote {
        let mut remote = Remote::None;
        values
            .iter()
            .for_each(|value| receive(&mut remote, value.as_bytes()));
        remote
    }

    #[test]
    fn a_valid_parent_is_continued_under_a_span_of_its_own() {
        let context = TraceContext::continue_from(&received(&[&format!("00-{TRACE}-{SPAN}-01")]));
        assert_eq!(context.trace_id().to_string(), TRACE);
        assert_eq!(context.parent_span_id().unwrap().to_string(), SPAN);
        assert_ne!(Some(context.span_id()), context.parent_span_id());
        assert!(context.is_sampled());
    }

    #[test]
    fn without_a_parent_a_new_unsampled_trace_begins() {
        let context = TraceContext::continue_from(&Remote::None);
        assert_eq!(context.parent_span_id(), None);
        assert!(!context.is_sampled());
        assert_ne!(
            context.trace_id(),
            TraceContext::continue_from(&Remote::None).trace_id()
        );
    }

    #[test]
    fn malformed_parents_start_a_new_trace() {
        let zero_trace = "0".repeat(32);
        for bad in [
            String::new(),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-1"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("00-{TRACE}-{SPAN}-01."),
            format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            format!("00-{zero_trace}-{SPAN}-01"),
            format!("00-{TRACE}-0000000000000000-01"),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("0x-{TRACE}-{SPAN}-01"),
            format!("00-+{}-{SPAN}-01", &TRACE[1..]),
            format!("00_{TRACE}_{SPAN}_01"),
            format!("01-{TRACE}-{SPAN}-01.what"),
        ] {
            assert_eq!(received(&[&bad]), Remote::None, "{bad}");
        }
    }

    #[test]
    fn a_higher_version_is_read_as_version_00() {
        let plain = received(&[&format!("00-{TRACE}-{SPAN}-03")]);
        assert_eq!(
            received(&[&format!("cc-{TRACE}-{SPAN}-ff-what-comes")]),
            plain
        );
        assert_eq!(received(&[&format!(" cc-{TRACE}-{SPAN}-07\t")]), plain);
    }

    #[test]
    fn repeated_parents_start_a_new_trace() {
        let value = format!("00-{TRACE}-{SPAN}-01");
        assert_eq!(received(&[&value, &value]), Remote::Repeated);
        assert_eq!(
            TraceContext::continue_from(&Remote::Repeated).parent_span_id(),
            None
        );
    }
}
