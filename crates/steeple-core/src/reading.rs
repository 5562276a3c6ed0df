//! Which header fields of requests are read.

use std::iter;

use crate::{head::HttpVersion, propagation::Propagators};

const TRACEPARENT: &str = "traceparent";
const REQUEST_ID: &str = "x-request-id";
/// Where the head does not tell the size of the body.
const OF_BODIES: &[&str] = &["content-length"];
/// Where there may be calls of gRPC.
const OF_CALLS: &[&str] = &["content-type", "grpc-timeout"];

/// Which header fields of requests are read.
#[derive(Debug)]
pub(crate) struct Reading {
    /// The formats that tell of traces. Without any, `traceparent` is read all the same.
    propagators: Option<Propagators>,
    lengths: Lengths,
}

/// The lengths of some names, each a bit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lengths(u64);

impl Lengths {
    #[inline(always)]
    pub(crate) fn contain(self, length: usize) -> bool {
        length < 64 && self.0 >> length & 1 != 0
    }
}

impl Reading {
    pub(crate) fn new(propagators: Option<Propagators>) -> Self {
        let mut reading = Self {
            propagators,
            lengths: Lengths::default(),
        };
        let names = reading.names(HttpVersion::Http2, None);
        reading.lengths = Lengths(names.fold(0, |lengths, name| lengths | 1 << name.len()));
        reading
    }

    pub(crate) fn propagators(&self) -> Option<&Propagators> {
        self.propagators.as_ref()
    }

    /// The lengths of the names, by which most fields are told.
    #[inline]
    pub(crate) fn lengths(&self) -> Lengths {
        self.lengths
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
        let plain = Reading::new(None).lengths();
        for name in ["host", "accept", "user-agent", "cookie", "accept-encoding"] {
            assert!(!plain.contain(name.len()), "{name}");
        }
        assert!(!plain.contain(0) && !plain.contain(64) && !plain.contain(1_000));
    }
}
