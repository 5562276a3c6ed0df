//! [`traceparent`](https://www.w3.org/TR/trace-context-2/#traceparent-header), as it is received and sent.

use super::{
    header::Header,
    outgoing::{Outgoing, Set},
    parent::Parent,
    value::Value,
};
use crate::{
    hex,
    trace_context::{RANDOM, SAMPLED, SpanId, TraceId},
};

pub(super) const HEADERS: &[Header] = &[Header::Traceparent, Header::Tracestate];

/// The field of one request, kept in place: most requests have one, and few are asked for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traceparent {
    count: Count,
    /// What version 00 knows of the field, as it came.
    known: [u8; 55],
}

/// How many fields a request has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Count {
    None,
    /// One of the right length.
    One,
    /// One of a wrong length, or several, of which none can be trusted.
    Unusable,
}

impl Traceparent {
    pub(crate) const EMPTY: Self = Self {
        count: Count::None,
        known: [0; 55],
    };

    #[inline]
    pub(crate) fn clear(&mut self) {
        self.count = Count::None;
    }

    pub(crate) fn keep(&mut self, value: &[u8]) {
        let known = value.try_into().ok().or_else(|| known_part(value));
        match (&self.count, known) {
            (Count::None, Some(known)) => {
                self.count = Count::One;
                self.known = *known;
            }
            _ => self.count = Count::Unusable,
        }
    }

    /// Whether there is one that may be valid.
    #[inline]
    pub(crate) fn is_there(&self) -> bool {
        self.count == Count::One
    }

    /// Whether it says that the trace is recorded, if it is valid: little is read to see that.
    pub(crate) fn may_be_sampled(&self) -> bool {
        let sampled = |digit| digit as u8 & SAMPLED != 0;
        self.is_there() && hex::decode(&self.known[54..]).is_some_and(sampled)
    }

    /// The digits of the trace's id, if all of it is valid, as it is for [`parent`](Self::parent): looked at, it takes a quarter of
    /// what reading takes.
    pub(crate) fn trace_digits(&self) -> Option<&[u8; 32]> {
        let known = &self.known;
        let (version, flags) = (&known[..2], &known[53..]);
        let trace: &[u8; 32] = known[3..].first_chunk()?;
        let span: &[u8; 16] = known[36..].first_chunk()?;
        let is_valid = self.is_there()
            && [2, 35, 52].iter().all(|place| known[*place] == b'-')
            && (hex::are_digits(trace) & hex::are_digits(span))
            && (*trace != [b'0'; 32] && *span != [b'0'; 16])
            && (hex::are_digits(version) & hex::are_digits(flags) && version != b"ff");
        is_valid.then_some(trace)
    }

    /// Parses strictly: fixed widths, lower-case hex, no zero ids. Higher versions are read as 00.
    pub(crate) fn parent(&self) -> Option<Parent> {
        if !self.is_there() {
            return None;
        }
        let known = &self.known;
        let sixteen = |start: usize| {
            let digits = known.get(start..start + 16)?;
            hex::decode_sixteen(digits.try_into().ok()?)
        };
        let well_formed = hex::decode_two([known[0], known[1]])? != 0xff
            && [2, 35, 52].iter().all(|place| known[*place] == b'-');
        let trace_id = u128::from(sixteen(3)?) << 64 | u128::from(sixteen(19)?);
        let span_id = sixteen(36)?;
        let flags = hex::decode_two([known[53], known[54]])?;
        well_formed.then_some(Parent {
            random: flags & RANDOM != 0,
            ..Parent::new(
                TraceId::from_bytes(trace_id.to_be_bytes())?,
                SpanId::from_bytes(span_id.to_be_bytes())?,
                Some(flags & SAMPLED != 0),
            )
        })
    }
}

/// What version 00 knows of a field that is longer than that.
#[cold]
fn known_part(value: &[u8]) -> Option<&[u8; 55]> {
    match value.trim_ascii().split_first_chunk()? {
        (known, []) => Some(known),
        // What may follow in a higher version.
        (known, [b'-', ..]) if !known.starts_with(b"00") => Some(known),
        _ => None,
    }
}

pub(super) fn inject(outgoing: &Outgoing<'_>, set: &mut Set<'_>) {
    set(
        Header::Traceparent.name(),
        write(Value::EMPTY, &outgoing.parent).as_str(),
    );
    // An empty field is allowed, but not to be sent.
    if !outgoing.trace_state.is_empty() {
        set(Header::Tracestate.name(), outgoing.trace_state.as_str());
    }
}

/// Adds version 00: of the flags, those that it knows.
pub(super) fn write(value: Value, parent: &Parent) -> Value {
    value
        .text("00-")
        .ids(parent, "-")
        .text("-")
        .hex::<2>(parent.flags().into())
}
