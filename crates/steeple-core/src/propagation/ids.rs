//! Ids as most formats write them: lower-case hex.

use crate::{
    hex,
    trace_context::{SpanId, TraceId},
};

/// Reads at most 32 digits; what is missing on the left is zero.
pub(super) fn trace_id(digits: &[u8]) -> Option<TraceId> {
    let number = (digits.len() <= 32).then(|| hex::decode(digits))??;
    TraceId::from_bytes(number.to_be_bytes())
}

/// Reads at most 16 digits; what is missing on the left is zero.
pub(super) fn span_id(digits: &[u8]) -> Option<SpanId> {
    let number = (digits.len() <= 16).then(|| hex::decode(digits))??;
    SpanId::from_bytes((number as u64).to_be_bytes())
}
