//! Which header fields of requests are read.

use std::iter;

use crate::{head::HttpVersion, propagation::Propagators};

const TRACEPARENT: &str = "traceparent";
const REQUEST_ID: &str = "x-request-id";
/// Where the head does not tell the size of the body.
const OF_BODIES: &[&str] = &["content-length"];
/// Where there may be calls of gRPC.
const OF_CALLS: &[&str] = &["content-type", "grpc-timeout"];

/// The lengths of these names, each a bit.
const LENGTHS: u64 = {
    let bodies = 1 << OF_BODIES[0].len();
    let calls = 1 << OF_CALLS[0].len() | 1 << OF_CALLS[1].len();
    1 << TRACEPARENT.len() | 1 << REQUEST_ID.len() | bodies | calls
};

/// Whether the name of what is always read has that length: most others are told by it.
#[inline(always)]
pub(crate) fn may_be_read(length: usize) -> bool {
    length < 64 && LENGTHS >> length & 1 != 0
}

/// Which header fields of requests are read.
#[derive(Debug)]
pub(crate) struct Reading {
    /// The formats that tell of traces. Without any, `traceparent` is read all the same.
    propagators: Option<Propagators>,
}

impl Reading {
    pub(crate) fn new(propagators: Option<Propagators>) -> Self {
        Self { propagators }
    }

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
        reading.names(version, body_size).collect()
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
        for name in names(None, HttpVersion::Http2, None) {
            assert!(may_be_read(name.len()), "{name}");
        }
        for name in ["host", "accept", "user-agent", "cookie", "accept-encoding"] {
            assert!(!may_be_read(name.len()), "{name}");
        }
        assert!(!may_be_read(0) && !may_be_read(64) && !may_be_read(1_000));
    }
}
