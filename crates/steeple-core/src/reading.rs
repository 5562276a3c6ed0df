//! Which header fields of requests are read.

use std::iter;

use crate::{head::HttpVersion, propagation::Propagators};

const TRACEPARENT: &str = "traceparent";
pub(crate) const REQUEST_ID: &str = "x-request-id";
/// Where the head does not tell the size of the body.
const OF_BODIES: &[&str] = &["content-length"];
/// Where there may be calls of gRPC.
const OF_CALLS: &[&str] = &["content-type", "grpc-timeout"];

/// The lengths of some names, each a bit: most others are told by theirs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lengths(u64);

impl Lengths {
    /// Those of what is read where nothing is configured.
    pub(crate) const ALWAYS: Self = {
        let bodies = 1 << OF_BODIES[0].len();
        let calls = 1 << OF_CALLS[0].len() | 1 << OF_CALLS[1].len();
        Self(1 << TRACEPARENT.len() | 1 << REQUEST_ID.len() | bodies | calls)
    };

    /// Those of these names.
    pub(crate) fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let bit = |name: &str| 1_u64.checked_shl(name.len() as u32).unwrap_or(0);
        Self(names.into_iter().fold(0, |bits, name| bits | bit(name)))
    }

    #[inline(always)]
    pub(crate) fn contain(self, length: usize) -> bool {
        length < 64 && self.0 >> length & 1 != 0
    }
}

/// Which header fields of requests are read.
#[derive(Debug)]
pub(crate) struct Reading {
    /// The formats that tell of traces. Without any, `traceparent` is read all the same.
    propagators: Option<Propagators>,
    lengths: Lengths,
}

impl Reading {
    pub(crate) fn new(propagators: Option<Propagators>) -> Self {
        let names = propagators.iter().flat_map(Propagators::header_names);
        let Lengths(always) = Lengths::ALWAYS;
        let lengths = names.fold(always, |lengths, name| lengths | 1 << name.len());
        Self {
            lengths: Lengths(lengths),
            propagators,
        }
    }

    /// The lengths of the names of all that is read.
    #[inline]
    pub(crate) fn lengths(&self) -> Lengths {
        self.lengths
    }

    #[inline]
    pub(crate) fn propagators(&self) -> Option<&Propagators> {
        self.propagators.as_ref()
    }

    /// The names of what is read of a request of `version` whose head tells that its body has `body_size`.
    pub(crate) fn names(
        &self,
        version: HttpVersion,
        body_size: Option<u64>,
    ) -> impl Iterator<Item = &'static str> + use<'_> {
        let traces = self.propagators.iter().flat_map(Propagators::header_names);
        let alone = self.propagators.is_none().then_some(TRACEPARENT);
        let of_bodies = OF_BODIES.iter().filter(move |_| body_size.is_none());
        let of_calls = OF_CALLS.iter().filter(move |_| version.is_multiplexed());
        iter::once(REQUEST_ID)
            .chain(alone)
            .chain(traces)
            .chain(of_bodies.chain(of_calls).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(
        list: Option<&str>,
        version: HttpVersion,
        body_size: Option<u64>,
    ) -> Vec<&'static str> {
        let propagators = list.map(|list| Propagators::parse(list, |unknown| panic!("{unknown}")));
        let reading = Reading::new(propagators);
        let names = Vec::from_iter(reading.names(version, body_size));
        assert!(
            names
                .iter()
                .all(|name| reading.lengths().contain(name.len()))
        );
        names
    }

    #[test]
    fn only_what_a_request_may_need_is_read() {
        let plain = |version, body_size| names(None, version, body_size);
        let always = ["x-request-id", "traceparent"];
        assert_eq!(plain(HttpVersion::Http11, Some(0)), always);
        assert_eq!(plain(HttpVersion::Http11, None)[2..], ["content-length"]);
        let calls = ["content-type", "grpc-timeout"];
        assert_eq!(plain(HttpVersion::Http2, Some(7))[2..], calls);
        assert_eq!(plain(HttpVersion::Http3, None)[3..], calls);
    }

    #[test]
    fn what_propagators_read_is_read_and_nothing_else() {
        let read = |list| names(Some(list), HttpVersion::Http11, Some(0));
        assert_eq!(
            read("tracecontext,baggage"),
            ["x-request-id", "traceparent", "tracestate", "baggage"]
        );
        assert_eq!(read("jaeger"), ["x-request-id", "uber-trace-id"]);
        assert_eq!(read("none"), ["x-request-id"]);
    }

    #[test]
    fn most_other_names_are_told_by_their_lengths() {
        let lengths = Lengths::ALWAYS;
        for name in names(None, HttpVersion::Http2, None) {
            assert!(lengths.contain(name.len()), "{name}");
        }
        for name in ["host", "accept", "user-agent", "cookie", "accept-encoding"] {
            assert!(!lengths.contain(name.len()), "{name}");
        }
        assert!(!lengths.contain(0) && !lengths.contain(64) && !lengths.contain(1_000));
    }
}
