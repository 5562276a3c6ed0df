//! The formats that a service reads and writes.

use super::{
    header::{Header, HeaderSet},
    outgoing::{Outgoing, Set},
    parent::Parent,
    propagator::{Propagator, UnknownPropagator},
    received::Received,
};

/// The formats in which a service is told of traces and tells of them. Default: [trace context](Propagator::TraceContext) and
/// [baggage](Propagator::Baggage).
///
/// Of a request, the first that tells a valid parent decides; requests that go out are told in all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Propagators {
    order: Vec<Propagator>,
    /// The header fields that they read.
    headers: Vec<Header>,
    read: HeaderSet,
    /// The lengths of these fields' names, each a bit.
    lengths: u64,
    /// Whether a `traceparent` may tell a parent, and nothing else.
    traceparent_alone: bool,
}

impl Propagators {
    /// None at all: every request begins a trace, which nobody is told of.
    #[must_use]
    pub fn none() -> Self {
        Self::from_iter([])
    }

    /// Reads the value of [`OTEL_PROPAGATORS`]: names separated by commas. What is no name is left out and told to `unknown`;
    /// where there is no other, it is the default. `none` stands for none, whatever else is there.
    ///
    /// [`OTEL_PROPAGATORS`]: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration
    #[must_use]
    pub fn parse(list: &str, mut unknown: impl FnMut(UnknownPropagator)) -> Self {
        let names = || {
            list.split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty())
        };
        if names().any(|name| name.eq_ignore_ascii_case("none")) {
            return Self::none();
        }
        let known = |name: &str| name.parse().map_err(&mut unknown).ok();
        let propagators: Self = names().filter_map(known).collect();
        if propagators.order.is_empty() {
            return Self::default();
        }
        propagators
    }

    /// The formats in their order, each once.
    pub fn iter(&self) -> impl Iterator<Item = Propagator> {
        self.order.iter().copied()
    }

    /// The names of the header fields that they read, in lower case, for adapters to whose maps look-ups are cheaper than a pass.
    pub fn header_names(&self) -> impl Iterator<Item = &'static str> {
        self.headers.iter().map(|header| header.name())
    }

    /// Whether the name of a field that they read has that length.
    #[inline]
    pub(super) fn may_read(&self, length: usize) -> bool {
        length < 64 && self.lengths >> length & 1 != 0
    }

    /// The field of that name, if they read it.
    pub(super) fn find(&self, name: &str) -> Option<Header> {
        Header::of(name).filter(|header| self.read.contains(*header))
    }

    /// Whether a `traceparent` may tell the span that a request was sent from, and nothing else.
    #[inline]
    pub(crate) fn are_traceparent_alone(&self) -> bool {
        self.traceparent_alone
    }

    /// The span that a request was sent from, as the first format says that tells a valid one.
    pub(crate) fn extract(&self, received: &Received) -> Option<Parent> {
        self.iter()
            .find_map(|propagator| propagator.extract(received))
    }

    /// The `tracestate` that belongs to this parent, unparsed: another format has none.
    pub(crate) fn trace_state<'a>(
        &self,
        received: &'a Received,
        parent: impl FnOnce() -> Option<Parent>,
    ) -> &'a [u8] {
        let state = received.trace_state();
        if state.is_empty() || parent().is_none() {
            return &[];
        }
        if self.traceparent_alone {
            return state;
        }
        let tells = |propagator: &Propagator| propagator.extract(received).is_some();
        match self.iter().find(tells) {
            Some(Propagator::TraceContext) => state,
            _ => &[],
        }
    }

    /// Tells the callee of a request in all formats.
    pub(crate) fn inject(&self, outgoing: &Outgoing<'_>, set: &mut Set<'_>) {
        for propagator in self.iter() {
            propagator.inject(outgoing, set);
        }
    }
}

impl Default for Propagators {
    fn default() -> Self {
        Self::from_iter([Propagator::TraceContext, Propagator::Baggage])
    }
}

impl FromIterator<Propagator> for Propagators {
    fn from_iter<I: IntoIterator<Item = Propagator>>(propagators: I) -> Self {
        let mut order = Vec::new();
        let mut headers = Vec::new();
        for propagator in propagators {
            if !order.contains(&propagator) {
                order.push(propagator);
            }
        }
        let mut read = HeaderSet::default();
        for header in order.iter().flat_map(|propagator| propagator.headers()) {
            if !read.contains(*header) {
                read.insert(*header);
                headers.push(*header);
            }
        }
        let names = headers.iter().map(|header| header.name());
        let lengths = names.fold(0, |lengths, name| lengths | 1 << name.len());
        let is_w3c =
            |propagator| matches!(propagator, Propagator::TraceContext | Propagator::Baggage);
        Self {
            traceparent_alone: read.contains(Header::Traceparent)
                && order.iter().copied().all(is_w3c),
            order,
            headers,
            read,
            lengths,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(list: &str) -> (Vec<Propagator>, Vec<String>) {
        let mut unknown = Vec::new();
        let propagators = Propagators::parse(list, |error| unknown.push(error.0));
        (propagators.iter().collect(), unknown)
    }

    #[test]
    fn a_list_is_read_in_its_order_and_each_name_once() {
        let (propagators, unknown) = parse("B3, xray,b3 ,,TraceContext");
        let expected = [Propagator::B3, Propagator::XRay, Propagator::TraceContext];
        assert_eq!(propagators, expected);
        assert!(unknown.is_empty());
    }

    #[test]
    fn unknown_names_are_told_and_left_out() {
        let (propagators, unknown) = parse("w3c,sentry,zipkin");
        assert_eq!(propagators, [Propagator::Sentry]);
        assert_eq!(unknown, ["w3c", "zipkin"]);
    }

    #[test]
    fn a_list_without_a_known_name_is_the_default() {
        let default = Vec::from_iter(Propagators::default().iter());
        assert_eq!(default, [Propagator::TraceContext, Propagator::Baggage]);
        for list in ["", " , ", "w3c"] {
            assert_eq!(parse(list).0, default, "{list:?}");
        }
    }

    #[test]
    fn none_is_none_whatever_else_is_there() {
        for list in ["none", "NONE", "b3,none"] {
            assert_eq!(parse(list).0, [], "{list}");
        }
        assert_eq!(Propagators::none().header_names().count(), 0);
    }

    #[test]
    fn the_fields_are_those_that_its_formats_read() {
        let names = |list| Vec::from_iter(Propagators::parse(list, |_| ()).header_names());
        assert_eq!(
            names("tracecontext,baggage"),
            ["traceparent", "tracestate", "baggage"]
        );
        assert_eq!(names("b3,b3multi").len(), 5);
        let all = Propagators::parse(
            "tracecontext,baggage,b3,b3multi,jaeger,xray,ottrace,datadog,sentry",
            |_| (),
        );
        assert_eq!(all.header_names().count(), Header::COUNT);
        for name in all.header_names() {
            assert!(
                all.may_read(name.len()) && all.find(name).is_some(),
                "{name}"
            );
            assert_eq!(name, name.to_lowercase());
        }
        assert!(!all.may_read(0) && !all.may_read(64) && !all.may_read(1_000));
    }
}
