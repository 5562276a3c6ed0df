//! Trace context and baggage in header fields: of requests that come in and of those that go out, and of responses.
//!
//! Each format has a file of its own. What a request sends is kept as it came, within bounds, and parsed when somebody asks.

mod b3;
mod baggage;
mod caller;
mod datadog;
mod header;
mod ids;
mod jaeger;
mod ottrace;
mod outgoing;
mod parent;
mod propagator;
mod propagators;
mod received;
mod response;
mod sentry;
#[cfg(test)]
mod tests;
mod trace_state;
mod traceparent;
mod value;
mod xray;

pub(crate) use self::{
    baggage::Baggage, caller::Caller, outgoing::Outgoing, parent::Parent, received::Received,
    trace_state::TraceState, traceparent::Traceparent,
};
pub use self::{
    propagator::{Propagator, UnknownPropagator},
    propagators::Propagators,
    response::ResponseTrace,
};
