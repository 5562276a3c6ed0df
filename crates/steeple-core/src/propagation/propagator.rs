//! The formats by name.

use std::{fmt, str::FromStr};

use super::{
    b3, datadog,
    header::Header,
    jaeger, ottrace,
    outgoing::{Outgoing, Set},
    parent::Parent,
    received::Received,
    sentry, traceparent, xray,
};

/// A format in which services tell each other of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Propagator {
    /// [W3C trace context](https://www.w3.org/TR/trace-context-2/), level 2: `traceparent` and `tracestate`. Written
    /// `tracecontext`.
    TraceContext,
    /// [W3C baggage](https://www.w3.org/TR/baggage/): `baggage`, which says nothing of the trace. Written `baggage`.
    Baggage,
    /// [B3](https://github.com/openzipkin/b3-propagation) in one field, `b3`; of requests, both forms are read. Written `b3`.
    B3,
    /// B3 in several fields, `x-b3-*`; of requests, both forms are read. Written `b3multi`.
    B3Multi,
    /// Jaeger's own: `uber-trace-id`. Written `jaeger`.
    Jaeger,
    /// AWS X-Ray's: `x-amzn-trace-id`. Written `xray`.
    XRay,
    /// OpenTracing's basic tracers': `ot-tracer-*`. They know the right half of a trace id. Written `ottrace`.
    OtTrace,
    /// Datadog's: `x-datadog-*`. Written `datadog`.
    Datadog,
    /// Sentry's: `sentry-trace`. Written `sentry`.
    Sentry,
}

/// This is no propagator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no propagator; use `tracecontext`, `baggage`, `b3`, `b3multi`, `jaeger`, `xray`, `ottrace`, `datadog` or \
     `sentry`, or `none` alone"
)]
pub struct UnknownPropagator(pub(super) String);

impl Propagator {
    pub(super) const ALL: [Self; 9] = [
        Self::TraceContext,
        Self::Baggage,
        Self::B3,
        Self::B3Multi,
        Self::Jaeger,
        Self::XRay,
        Self::OtTrace,
        Self::Datadog,
        Self::Sentry,
    ];

    /// The name, as in [`OTEL_PROPAGATORS`].
    ///
    /// [`OTEL_PROPAGATORS`]: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TraceContext => "tracecontext",
            Self::Baggage => "baggage",
            Self::B3 => "b3",
            Self::B3Multi => "b3multi",
            Self::Jaeger => "jaeger",
            Self::XRay => "xray",
            Self::OtTrace => "ottrace",
            Self::Datadog => "datadog",
            Self::Sentry => "sentry",
        }
    }

    /// The fields that it reads.
    pub(super) const fn headers(self) -> &'static [Header] {
        match self {
            Self::TraceContext => traceparent::HEADERS,
            Self::Baggage => &[Header::Baggage],
            Self::B3 | Self::B3Multi => b3::HEADERS,
            Self::Jaeger => jaeger::HEADERS,
            Self::XRay => xray::HEADERS,
            Self::OtTrace => ottrace::HEADERS,
            Self::Datadog => datadog::HEADERS,
            Self::Sentry => sentry::HEADERS,
        }
    }

    pub(super) fn extract(self, received: &Received) -> Option<Parent> {
        match self {
            Self::TraceContext => received.traceparent().parent(),
            Self::Baggage => None,
            Self::B3 | Self::B3Multi => b3::extract(received),
            Self::Jaeger => jaeger::extract(received),
            Self::XRay => xray::extract(received),
            Self::OtTrace => ottrace::extract(received),
            Self::Datadog => datadog::extract(received),
            Self::Sentry => sentry::extract(received),
        }
    }

    pub(crate) fn inject(self, outgoing: &Outgoing<'_>, set: &mut Set<'_>) {
        match self {
            Self::TraceContext => traceparent::inject(outgoing, set),
            Self::Baggage => outgoing.baggage.inject(set),
            Self::B3 => b3::inject_single(outgoing, set),
            Self::B3Multi => b3::inject_multiple(outgoing, set),
            Self::Jaeger => jaeger::inject(outgoing, set),
            Self::XRay => xray::inject(outgoing, set),
            Self::OtTrace => ottrace::inject(outgoing, set),
            Self::Datadog => datadog::inject(outgoing, set),
            Self::Sentry => sentry::inject(outgoing, set),
        }
    }
}

/// Reads a name in any case, white space around it left out.
impl FromStr for Propagator {
    type Err = UnknownPropagator;

    fn from_str(text: &str) -> Result<Self, UnknownPropagator> {
        let name = text.trim();
        let known = Self::ALL
            .into_iter()
            .find(|propagator| propagator.as_str().eq_ignore_ascii_case(name));
        known.ok_or_else(|| UnknownPropagator(name.to_owned()))
    }
}

impl fmt::Display for Propagator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_propagator_is_read_by_its_name_in_any_case() {
        for propagator in Propagator::ALL {
            assert_eq!(propagator.to_string().parse(), Ok(propagator));
            assert_eq!(propagator.as_str().to_uppercase().parse(), Ok(propagator));
        }
        let error = "w3c".parse::<Propagator>().unwrap_err().to_string();
        assert!(
            error.contains("`w3c`")
                && Propagator::ALL
                    .iter()
                    .all(|known| error.contains(known.as_str()))
        );
    }
}
