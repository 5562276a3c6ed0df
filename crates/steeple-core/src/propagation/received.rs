//! What a request says of its trace, as it came.

use std::fmt;

use super::{
    header::{Header, HeaderSet},
    propagators::Propagators,
    traceparent::Traceparent,
};

/// How many bytes of a field are kept that is one value; a longer one is none.
const LONGEST_VALUE: usize = 512;
/// How many bytes of all fields of a name are kept that make one list: what
/// [baggage](https://www.w3.org/TR/baggage/#limits) has to have at least.
pub(super) const LONGEST_LIST: usize = 8_192;
/// How much room a buffer keeps from one request to the next, so that those with long values do not make the memory grow.
pub(super) const KEPT_ROOM: usize = 1_024;

/// The header fields of one request that its propagators read, within bounds. Nothing is parsed until it is asked for.
#[derive(Debug)]
pub(crate) struct Received {
    traceparent: Traceparent,
    trace_state: List,
    baggage: List,
    /// The other values, one behind the other.
    values: Vec<u8>,
    /// Where each of them stands.
    places: [Place; Header::COUNT],
    /// Those that came, but for `traceparent`.
    present: HeaderSet,
    /// Those that came several times or are too long.
    unusable: HeaderSet,
}

#[derive(Clone, Copy, Debug, Default)]
struct Place {
    start: u16,
    length: u16,
}

impl Received {
    /// Becomes that of another request.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.traceparent.clear();
        // Most requests have no other.
        if !self.present.is_empty() {
            self.clear_others();
        }
    }

    fn clear_others(&mut self) {
        for buffer in [
            &mut self.trace_state.0,
            &mut self.baggage.0,
            &mut self.values,
        ] {
            buffer.clear();
            buffer.shrink_to(KEPT_ROOM);
        }
        self.present = HeaderSet::default();
        self.unusable = HeaderSet::default();
    }

    /// Takes in a header field if one of the propagators reads it, and tells whether one does. Its name is in lower case.
    // Inlined, it tells most of the others by their length.
    #[inline]
    pub(crate) fn keep(&mut self, propagators: &Propagators, name: &str, value: &[u8]) -> bool {
        if propagators.may_read(name.len())
            && let Some(header) = propagators.find(name)
        {
            self.keep_field(header, value);
            return true;
        }
        false
    }

    fn keep_field(&mut self, header: Header, value: &[u8]) {
        match header {
            Header::Traceparent => return self.traceparent.keep(value),
            Header::Tracestate => self.trace_state.keep(value),
            Header::Baggage => self.baggage.keep(value),
            header => self.keep_value(header, value),
        }
        self.present.insert(header);
    }

    fn keep_value(&mut self, header: Header, value: &[u8]) {
        let value = value.trim_ascii();
        if self.present.contains(header) || value.len() > LONGEST_VALUE {
            self.unusable.insert(header);
        } else {
            self.places[header as usize] = Place {
                start: self.values.len() as u16,
                length: value.len() as u16,
            };
            self.values.extend_from_slice(value);
        }
    }

    pub(super) fn traceparent(&self) -> &Traceparent {
        &self.traceparent
    }

    /// All `tracestate` fields as one list.
    pub(super) fn trace_state(&self) -> &[u8] {
        &self.trace_state.0
    }

    /// All `baggage` fields as one list.
    pub(crate) fn baggage(&self) -> &[u8] {
        &self.baggage.0
    }

    /// The one value of a field, without white space around it.
    pub(super) fn value(&self, header: Header) -> Option<&[u8]> {
        if !self.present.contains(header) || self.unusable.contains(header) {
            return None;
        }
        let Place { start, length } = self.places[header as usize];
        let (start, length) = (usize::from(start), usize::from(length));
        self.values.get(start..start + length)
    }
}

/// That of no request.
impl Default for Received {
    fn default() -> Self {
        Self {
            traceparent: Traceparent::EMPTY,
            trace_state: List(Vec::new()),
            baggage: List(Vec::new()),
            values: Vec::new(),
            places: [Place::default(); Header::COUNT],
            present: HeaderSet::default(),
            unusable: HeaderSet::default(),
        }
    }
}

/// The values of all fields of one name, [joined](https://www.rfc-editor.org/rfc/rfc9110#section-5.3) in their order.
struct List(Vec<u8>);

/// What callers carry along is for no log.
impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl List {
    /// Adds as many members as fit.
    fn keep(&mut self, value: &[u8]) {
        let comma = usize::from(!self.0.is_empty());
        let room = LONGEST_LIST.saturating_sub(self.0.len() + comma);
        let value = first_members(value, room);
        if !value.is_empty() {
            self.0.extend_from_slice(&b","[..comma]);
            self.0.extend_from_slice(value);
        }
    }
}

/// The first whole members of a list that take at most `room` bytes.
fn first_members(list: &[u8], room: usize) -> &[u8] {
    match list.get(..=room) {
        None => list,
        Some(reachable) => {
            let comma = reachable.iter().rposition(|byte| *byte == b',');
            &list[..comma.unwrap_or_default()]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(fields: &[(&str, &str)]) -> Received {
        let propagators = Propagators::parse("tracecontext,baggage,b3", |_| ());
        let mut received = Received::default();
        for (name, value) in fields {
            received.keep(&propagators, name, value.as_bytes());
        }
        received
    }

    #[test]
    fn fields_of_a_list_are_joined_in_their_order() {
        let received = received(&[
            ("tracestate", "a=1"),
            ("baggage", "x=1"),
            ("tracestate", ""),
            ("tracestate", "b=2,c=3"),
            ("baggage", "y=2"),
        ]);
        assert_eq!(received.trace_state(), b"a=1,b=2,c=3");
        assert_eq!(received.baggage(), b"x=1,y=2");
    }

    #[test]
    fn a_list_is_cut_between_members() {
        let member = |number| format!("{number:04}={}", "v".repeat(94));
        let list = |count| Vec::from_iter((0..count).map(member)).join(",");
        let most = list(81);
        assert_eq!(most.len(), 81 * 100 - 1);
        for long in [list(82), list(1_000)] {
            assert_eq!(received(&[("baggage", &long)]).baggage(), most.as_bytes());
        }
        let fields = Vec::from_iter((0..1_000).map(member));
        let fields = Vec::from_iter(fields.iter().map(|field| ("baggage", &**field)));
        assert_eq!(received(&fields).baggage(), most.as_bytes());
        assert_eq!(received(&[("baggage", &"x".repeat(8_193))]).baggage(), b"");
        let whole = "x".repeat(8_192);
        assert_eq!(received(&[("baggage", &whole)]).baggage(), whole.as_bytes());
    }

    #[test]
    fn a_value_that_comes_twice_or_is_too_long_is_none() {
        let ids = "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1";
        let b3 = |fields: &[(&str, &str)]| received(fields).value(Header::B3).map(<[u8]>::to_vec);
        assert_eq!(b3(&[("b3", ids)]), Some(ids.into()));
        assert_eq!(b3(&[("b3", &format!("\t{ids} "))]), Some(ids.into()));
        assert_eq!(b3(&[("b3", ids), ("b3", ids)]), None);
        let [most, more] = [512, 513].map(|length| "x".repeat(length));
        assert_eq!(b3(&[("b3", &most)]), Some(most.clone().into()));
        assert_eq!(b3(&[("b3", &more)]), None);
        assert_eq!(b3(&[("b3", &more), ("b3", ids)]), None);
        assert_eq!(b3(&[]), None);
    }

    #[test]
    fn what_no_propagator_reads_is_not_kept() {
        let propagators = Propagators::parse("b3", |_| ());
        let mut received = Received::default();
        for name in ["traceparent", "tracestate", "baggage", "uber-trace-id"] {
            received.keep(&propagators, name, b"x=1");
        }
        assert!(received.traceparent().parent().is_none() && received.values.is_empty());
        assert_eq!(
            (received.trace_state(), received.baggage()),
            (&b""[..], &b""[..])
        );
    }

    #[test]
    fn nothing_is_left_for_the_next_request() {
        let mut received = received(&[
            (
                "traceparent",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            ),
            ("tracestate", "a=1"),
            ("baggage", "x=1"),
            ("b3", "1"),
        ]);
        assert!(received.traceparent().parent().is_some());
        received.clear();
        assert_eq!(received.traceparent().parent(), None);
        assert_eq!(
            (received.trace_state(), received.baggage()),
            (&b""[..], &b""[..])
        );
        assert_eq!(received.value(Header::B3), None);
        received.keep(&Propagators::parse("b3", |_| ()), "b3", b"0");
        assert_eq!(received.value(Header::B3), Some(&b"0"[..]));
    }

    #[test]
    fn room_for_ordinary_values_is_kept_and_no_more() {
        let mut usual = received(&[("baggage", &"x".repeat(600))]);
        usual.clear();
        assert!(usual.baggage.0.capacity() >= 600);
        let mut long = received(&[("baggage", &"x".repeat(8_192))]);
        long.clear();
        assert_eq!(long.baggage.0.capacity(), KEPT_ROOM);
    }
}
