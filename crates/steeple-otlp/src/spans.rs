//! What the [`traces`](crate) module queues.

/// Finished spans of one request: `ScopeSpans.spans` fields, one after the other.
pub type EncodedSpans = crate::encoded::Encoded;
