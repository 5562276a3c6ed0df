//! Header fields, read in one pass whatever the framework's type for them.

use crate::{
    grpc::{GrpcStatus, Timeout},
    kept_head::Keeping,
    propagation::{Propagators, Received},
    reading::{Lengths, Reading},
    request_id::RequestId,
    route::Route,
    traces::Lineage,
};

/// The header fields of a message.
///
/// Adapters implement it for their framework's map.
pub trait Headers {
    /// Calls `f` with the name (lower case) and value of every field, in order, repeated fields included.
    fn visit(&self, f: &mut dyn FnMut(&str, &[u8]));

    /// As [`visit`](Self::visit), for the fields of a request that every observation reads: at least those that
    /// [`FieldNames`](crate::FieldNames) tells, and `x-request-id`. Default: all fields. Look-ups by name pay where a pass over the
    /// map is slow.
    fn visit_read(&self, f: &mut dyn FnMut(&str, &[u8])) {
        self.visit(f);
    }
}

/// No header fields.
impl Headers for () {
    fn visit(&self, _: &mut dyn FnMut(&str, &[u8])) {}
}

impl<const N: usize> Headers for [(&str, &str); N] {
    fn visit(&self, f: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in self {
            f(name, value.as_bytes());
        }
    }
}

/// The fields of a map of headers, for adapters.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a, M>(pub &'a M);

impl<'a, M, N, V> Headers for Fields<'a, M>
where
    &'a M: IntoIterator<Item = (&'a N, &'a V)>,
    N: AsRef<str> + 'a,
    V: AsRef<[u8]> + 'a,
{
    #[inline(always)]
    fn visit(&self, f: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in self.0 {
            f(name.as_ref(), value.as_ref());
        }
    }
}

/// The fields of a map that is slow to go through, for adapters: those that every observation reads are looked up.
#[derive(Clone, Copy, Debug)]
pub struct LookedUp<M, R>(
    /// All of them.
    pub M,
    /// Does as [`Headers::visit_read`].
    pub R,
);

impl<M: Headers, R: Fn(&mut dyn FnMut(&str, &[u8]))> Headers for LookedUp<M, R> {
    fn visit(&self, f: &mut dyn FnMut(&str, &[u8])) {
        self.0.visit(f);
    }

    #[inline(always)]
    fn visit_read(&self, f: &mut dyn FnMut(&str, &[u8])) {
        (self.1)(f);
    }
}

/// What a request's header fields say that an observation wants to know.
#[derive(Debug)]
pub(crate) struct RequestFields {
    pub(crate) content_length: Option<u64>,
    pub(crate) grpc: bool,
    /// How long the caller of a gRPC method waits.
    pub(crate) grpc_timeout: Timeout,
    /// The method of a gRPC call, which the adapter tells by its path, if that is known.
    pub(crate) grpc_method: Option<Route>,
    /// The path of a gRPC call whose method is not known yet. It is kept for its capacity.
    pub(crate) path: String,
    pub(crate) request_id: RequestId,
    /// Whether the caller sent the id.
    pub(crate) identified: bool,
    pub(crate) lineage: Lineage,
    /// What the request says of its trace, where more than `traceparent` is read.
    pub(crate) received: Received,
}

impl RequestFields {
    /// Reads them in place, since they are large.
    // Inlined into the adapter's pass over its map, it takes a third less.
    #[inline(always)]
    pub(crate) fn read(&mut self, headers: &dyn Headers, reading: &Reading) {
        self.begin();
        match reading.propagators() {
            None => headers.visit_read(&mut |name, value| {
                if Lengths::ALWAYS.contain(name.len()) {
                    self.read_field(name, value);
                }
            }),
            Some(propagators) => {
                self.received.clear();
                let lengths = reading.lengths();
                headers.visit_read(&mut |name, value| {
                    if lengths.contain(name.len()) {
                        self.read_told_field(propagators, name, value);
                    }
                });
                self.follow(propagators);
            }
        }
        self.identify();
    }

    /// Reads them, and has those kept that are to be.
    #[inline(always)]
    pub(crate) fn read_and_keep(
        &mut self,
        headers: &dyn Headers,
        reading: &Reading,
        mut keeping: Keeping<'_>,
    ) {
        self.begin();
        let propagators = reading.propagators();
        if propagators.is_some() {
            self.received.clear();
        }
        let (read, kept) = (reading.lengths(), keeping.lengths());
        headers.visit_read(&mut |name, value| {
            if read.contain(name.len()) {
                match propagators {
                    None => _ = self.read_field(name, value),
                    Some(told) => self.read_told_field(told, name, value),
                }
            }
            if kept.contain(name.len()) {
                keeping.field(name, value);
            }
        });
        if let Some(propagators) = propagators {
            self.follow(propagators);
        }
        self.identify();
    }

    #[inline(always)]
    fn begin(&mut self) {
        self.content_length = None;
        self.grpc = false;
        self.grpc_timeout.clear();
        self.lineage.begin();
        self.identified = false;
    }

    #[inline(always)]
    fn follow(&mut self, propagators: &Propagators) {
        if !propagators.are_traceparent_alone() {
            // What was read of `traceparent` by itself does not count.
            self.lineage.follow(propagators.extract(&self.received));
        }
    }

    #[inline(always)]
    fn identify(&mut self) {
        if !self.identified {
            self.request_id = RequestId::random();
        }
    }

    fn read_told_field(&mut self, propagators: &Propagators, name: &str, value: &[u8]) {
        let read = self.read_field(name, value);
        if !read || !propagators.are_traceparent_alone() {
            self.received.keep(propagators, name, value);
        }
    }

    /// Takes in a field if it is always read, and tells whether it is.
    fn read_field(&mut self, name: &str, value: &[u8]) -> bool {
        match name {
            "traceparent" => self.lineage.receive(value),
            "x-request-id" => self.identified = self.request_id.replace(value),
            "content-type" => {
                // Whatever the version of HTTP: what translates gRPC-Web leaves it as it is.
                self.grpc = is_grpc(value);
                self.grpc_method = None;
                self.path.clear();
            }
            "grpc-timeout" => self.grpc_timeout.keep(value),
            "content-length" => self.content_length = parse_decimal(value),
            _ => return false,
        }
        true
    }
}

/// Of no request in particular.
impl Default for RequestFields {
    fn default() -> Self {
        Self {
            content_length: None,
            grpc: false,
            grpc_timeout: Timeout::default(),
            grpc_method: None,
            path: String::new(),
            request_id: RequestId::random(),
            identified: false,
            lineage: Lineage::default(),
            received: Received::default(),
        }
    }
}

const GRPC_STATUS: &str = "grpc-status";

/// What a response's header fields say that an observation wants to know.
#[derive(Default)]
pub(crate) struct ResponseFields {
    pub(crate) content_length: Option<u64>,
    pub(crate) event_stream: bool,
    /// Whether it is the answer to a gRPC call.
    pub(crate) grpc: bool,
    pub(crate) grpc_status: Option<GrpcStatus>,
}

impl ResponseFields {
    #[inline(always)]
    pub(crate) fn read(headers: &dyn Headers) -> Self {
        let mut fields = Self::default();
        headers.visit(&mut |name, value| match name.len() {
            11 if name == GRPC_STATUS => fields.grpc_status = Some(GrpcStatus::read(value)),
            12 if name == "content-type" => {
                fields.event_stream = value.starts_with(b"text/event-stream");
                fields.grpc = is_grpc(value);
            }
            14 if name == "content-length" => fields.content_length = parse_decimal(value),
            _ => {}
        });
        fields
    }
}

/// The status of a gRPC call in the trailers of its answer.
#[inline(always)]
pub(crate) fn grpc_status(trailers: &dyn Headers) -> Option<GrpcStatus> {
    let mut status = None;
    trailers.visit(&mut |name, value| {
        if name == GRPC_STATUS {
            status = Some(GrpcStatus::read(value));
        }
    });
    status
}

/// Whether a [content type](https://github.com/grpc/grpc/blob/v1.76.0/doc/PROTOCOL-HTTP2.md#requests) is gRPC's, and not
/// one that only begins like it.
pub(crate) fn is_grpc(content_type: &[u8]) -> bool {
    content_type
        .strip_prefix(b"application/grpc")
        .is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}

/// Reads digits only: no sign, no white space, no overflow.
pub(crate) fn parse_decimal(value: &[u8]) -> Option<u64> {
    if value.is_empty() {
        return None;
    }
    value.iter().try_fold(0_u64, |sum, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pass_reads_the_known_request_fields() {
        let mut fields = RequestFields::default();
        fields.read(
            &[
                ("host", "shop.example"),
                ("content-type", "application/grpc+proto"),
                ("x-request-id", "a-1"),
                ("content-length", "42"),
            ],
            &Reading::new(None),
        );
        assert_eq!(fields.request_id.as_str(), "a-1");
        assert_eq!(fields.content_length, Some(42));
        assert!(fields.grpc);
    }

    #[test]
    fn only_the_exact_type_is_grpc() {
        let grpc = |content_type: &str| {
            let mut fields = RequestFields::default();
            fields.read(&[("content-type", content_type)], &Reading::new(None));
            fields.grpc
        };
        for good in [
            "application/grpc",
            "application/grpc+proto",
            "application/grpc;charset=utf-8",
        ] {
            assert!(grpc(good), "{good}");
        }
        for bad in [
            "application/grpc-web",
            "application/grpcfoo",
            "text/plain",
            "",
        ] {
            assert!(!grpc(bad), "{bad}");
        }
    }

    #[test]
    fn a_length_that_is_no_plain_number_is_ignored() {
        for bad in ["", "+1", " 1", "1 ", "-1", "1e3", "18446744073709551616"] {
            assert_eq!(parse_decimal(bad.as_bytes()), None, "{bad:?}");
        }
        assert_eq!(parse_decimal(b"18446744073709551615"), Some(u64::MAX));
    }
}
