//! What a request's place in its trace follows from.

use std::{
    fmt,
    num::{NonZeroU64, NonZeroU128},
};

use fastrand::Rng;

use crate::{
    propagation::{Caller, Parent, Traceparent},
    trace_context::{RANDOM, SpanId, TraceContext, TraceId},
};

/// All that a request's place in its trace follows from.
///
/// Few requests are asked for it, so it is worked out when they are, and to the same result each time.
#[derive(Clone, Copy)]
pub(crate) struct Lineage {
    caller: Caller,
    seed: u64,
    decision: Decision,
    /// Whether the caller's trace is left for one of its own.
    restarts: bool,
    /// Whether the caller's word on it counts.
    trusted: bool,
    /// Whether it is recorded for that word alone.
    forced: bool,
}

/// Whether the trace is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Decision {
    /// Nobody here records any; the flag is the caller's.
    #[default]
    NotOurs,
    Recorded,
    NotRecorded,
}

impl Lineage {
    /// That of a trace that begins here.
    pub(crate) fn root() -> Self {
        let mut lineage = Self::default();
        lineage.begin();
        lineage
    }

    /// That of what came from this span of another process.
    pub(crate) fn below(parent: Parent) -> Self {
        let mut lineage = Self::root();
        lineage.follow(Some(parent));
        lineage
    }

    /// Becomes that of another request.
    #[inline]
    pub(crate) fn begin(&mut self) {
        self.caller.clear();
        self.seed = fastrand::u64(..);
        self.decision = Decision::NotOurs;
        (self.restarts, self.trusted, self.forced) = (false, false, false);
    }

    /// Takes in a `traceparent` field.
    pub(crate) fn receive(&mut self, value: &[u8]) {
        if let Caller::Traceparent(traceparent) = &mut self.caller {
            traceparent.keep(value);
        }
    }

    /// Takes over what several fields tell.
    pub(crate) fn follow(&mut self, caller: Option<Parent>) {
        self.caller = Caller::Told(caller);
    }

    /// Whether there may be a caller's trace to continue.
    #[inline]
    pub(crate) fn has_caller(&self) -> bool {
        self.caller.may_be()
    }

    /// Leaves the caller's trace for a new one.
    pub(crate) fn restart(&mut self) {
        self.restarts = true;
    }

    /// Lets the caller's word count.
    pub(crate) fn trust(&mut self) {
        self.trusted = true;
    }

    /// The caller's span, if its word counts. It is read once: whoever asks for it has more to ask.
    pub(crate) fn trusted_parent(&mut self) -> Option<Parent> {
        if !self.trusted {
            return None;
        }
        let parent = self.caller.parent();
        self.caller = Caller::Told(parent);
        parent
    }

    /// Takes in that it is recorded for the caller's word alone.
    pub(crate) fn force(&mut self) {
        self.forced = true;
    }

    pub(crate) fn is_forced(&self) -> bool {
        self.forced
    }

    #[inline]
    pub(crate) fn decide(&mut self, recorded: bool) {
        self.decision = if recorded {
            Decision::Recorded
        } else {
            Decision::NotRecorded
        };
    }

    #[inline]
    pub(crate) fn is_recorded(&self) -> bool {
        self.decision == Decision::Recorded
    }

    #[inline]
    pub(crate) fn is_restarted(&self) -> bool {
        self.restarts
    }

    /// Random bits that no stranger had a part in: of the trace's id, if that is not a stranger's. An id that one makes up could
    /// be chosen to be recorded.
    #[inline]
    pub(crate) fn random(&self) -> u64 {
        if self.has_caller() && !self.restarts && !self.trusted {
            return self.seed;
        }
        match &self.caller {
            Caller::Told(Some(parent)) if !self.restarts => parent.trace_id.low(),
            _ => self.context().trace_id().low(),
        }
    }

    /// The digits of the ids of the trace and of the span in it: those of the [`context`](Self::context), of which little is worked
    /// out where the caller's trace is continued.
    pub(crate) fn digits(&self) -> ([u8; 32], [u8; 16]) {
        match self.caller.trace_digits().filter(|_| !self.restarts) {
            Some(trace) => (*trace, random_span(&mut Rng::with_seed(self.seed)).to_hex()),
            None => {
                let context = self.context();
                (context.trace_id().to_hex(), context.span_id().to_hex())
            }
        }
    }

    /// Continues the caller's trace, or starts one.
    pub(crate) fn context(&self) -> TraceContext {
        let mut random = Rng::with_seed(self.seed);
        let span_id = random_span(&mut random);
        let context = self.parent().filter(|_| !self.restarts).map_or_else(
            || {
                let trace_id = NonZeroU128::new(random.u128(..)).unwrap_or(NonZeroU128::MIN);
                TraceContext::of_root(TraceId(trace_id), span_id, RANDOM)
            },
            |parent| TraceContext::of_child(&parent, span_id),
        );
        match self.decision {
            Decision::NotOurs => context,
            Decision::Recorded => context.sampled(true),
            Decision::NotRecorded => context.sampled(false),
        }
    }

    /// Whether the trace is sampled.
    #[inline]
    pub(crate) fn is_sampled(&self) -> bool {
        match self.decision {
            Decision::Recorded => true,
            Decision::NotRecorded => false,
            Decision::NotOurs => self.sampled_context().is_some(),
        }
    }

    /// The same if the trace is sampled: of the others, little is worked out to see that.
    pub(crate) fn sampled_context(&self) -> Option<TraceContext> {
        let may_be = match self.decision {
            Decision::Recorded => true,
            Decision::NotRecorded => false,
            Decision::NotOurs => self.caller.may_be_sampled(),
        };
        may_be
            .then(|| self.context())
            .filter(TraceContext::is_sampled)
    }

    /// The caller's span.
    pub(crate) fn parent(&self) -> Option<Parent> {
        self.caller.parent()
    }
}

fn random_span(random: &mut Rng) -> SpanId {
    SpanId(NonZeroU64::new(random.u64(..)).unwrap_or(NonZeroU64::MIN))
}

/// That of no request.
impl Default for Lineage {
    fn default() -> Self {
        Self {
            caller: Caller::Traceparent(Traceparent::EMPTY),
            seed: 0,
            decision: Decision::NotOurs,
            restarts: false,
            trusted: false,
            forced: false,
        }
    }
}

impl fmt::Debug for Lineage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.context().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    fn received(values: &[&str]) -> Lineage {
        let mut lineage = Lineage::default();
        lineage.begin();
        values
            .iter()
            .for_each(|value| lineage.receive(value.as_bytes()));
        lineage
    }

    #[test]
    fn a_valid_parent_is_continued_under_a_span_of_its_own() {
        let context = received(&[&format!("00-{TRACE}-{SPAN}-01")]).context();
        assert_eq!(context.trace_id().to_string(), TRACE);
        assert_eq!(context.parent_span_id().unwrap().to_string(), SPAN);
        assert_ne!(Some(context.span_id()), context.parent_span_id());
        assert!(context.is_sampled());
    }

    #[test]
    fn without_a_parent_a_new_unsampled_trace_begins() {
        let context = received(&[]).context();
        assert_eq!(context.parent_span_id(), None);
        assert!(!context.is_sampled());
        assert_ne!(context.trace_id(), received(&[]).context().trace_id());
    }

    #[test]
    fn the_sampled_context_is_that_of_sampled_traces_alone() {
        let parent = format!("00-{TRACE}-{SPAN}");
        for flags in ["01", "03", "09", "0b", "ff"] {
            let lineage = received(&[&format!("{parent}-{flags}")]);
            assert_eq!(
                lineage.sampled_context(),
                Some(lineage.context()),
                "{flags}"
            );
        }
        for flags in ["00", "02", "08", "0a", "10", "0g", "0F"] {
            let lineage = received(&[&format!("{parent}-{flags}")]);
            assert_eq!(lineage.sampled_context(), None, "{flags}");
        }
        let bad = format!("00-{}-{SPAN}-01", "0".repeat(32));
        assert_eq!(received(&[&bad]).sampled_context(), None);
        assert_eq!(received(&[]).sampled_context(), None);
    }

    #[test]
    fn ids_are_bytes_in_the_order_of_their_text() {
        let context = received(&[&format!("00-{TRACE}-{SPAN}-01")]).context();
        assert_eq!(context.trace_id().to_bytes()[..2], [0x4b, 0xf9]);
        let parent = context.parent_span_id().unwrap();
        assert_eq!(
            parent.to_bytes(),
            [0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7]
        );
    }

    #[test]
    fn all_who_ask_for_the_context_of_a_request_learn_the_same() {
        for lineage in [received(&[]), received(&[&format!("00-{TRACE}-{SPAN}-01")])] {
            assert_eq!(lineage.context(), lineage.context());
        }
    }

    fn assert_tells_digits(lineage: &Lineage) {
        let context = lineage.context();
        let digits = (context.trace_id().to_hex(), context.span_id().to_hex());
        assert_eq!(lineage.digits(), digits, "{context:?}");
    }

    #[test]
    fn digits_are_those_of_the_context() {
        let mut restarted = received(&[&format!("00-{TRACE}-{SPAN}-01")]);
        restarted.restart();
        let valid =
            ["00", "01", "fe"].map(|version| received(&[&format!("{version}-{TRACE}-{SPAN}-0a")]));
        for lineage in valid.iter().chain([&restarted, &received(&[])]) {
            assert_tells_digits(lineage);
        }
        assert!(
            valid
                .iter()
                .all(|lineage| lineage.digits().0 == *TRACE.as_bytes())
        );
        let valid = format!("00-{TRACE}-{SPAN}-01");
        for place in 0..valid.len() {
            for byte in [
                b'-', b'0', b'/', b':', b'`', b'a', b'f', b'g', b'A', b' ', 0xff,
            ] {
                let mut value = valid.clone().into_bytes();
                value[place] = byte;
                let mut lineage = received(&[]);
                lineage.receive(&value);
                assert_tells_digits(&lineage);
            }
        }
    }

    #[test]
    fn malformed_parents_start_a_new_trace() {
        let zero_trace = "0".repeat(32);
        for bad in [
            String::new(),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-1"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("00-{TRACE}-{SPAN}-01."),
            format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            format!("00-{zero_trace}-{SPAN}-01"),
            format!("00-{TRACE}-0000000000000000-01"),
            format!("00-{TRACE}-{SPAN}-0g"),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("0x-{TRACE}-{SPAN}-01"),
            format!("00-+{}-{SPAN}-01", &TRACE[1..]),
            format!("00_{TRACE}_{SPAN}_01"),
            format!("01-{TRACE}-{SPAN}-01.what"),
        ] {
            let lineage = received(&[&bad]);
            assert_eq!(lineage.context().parent_span_id(), None, "{bad}");
            assert_tells_digits(&lineage);
        }
    }

    #[test]
    fn a_higher_version_is_read_as_version_00() {
        let parent = |value: String| received(&[&value]).parent().unwrap();
        let plain = parent(format!("00-{TRACE}-{SPAN}-03"));
        assert_eq!(parent(format!("cc-{TRACE}-{SPAN}-ff-what-comes")), plain);
        assert_eq!(parent(format!(" cc-{TRACE}-{SPAN}-07\t")), plain);
    }

    #[test]
    fn repeated_parents_start_a_new_trace() {
        let value = format!("00-{TRACE}-{SPAN}-01");
        for first in [&*value, "00-what"] {
            let context = received(&[first, &value]).context();
            assert_eq!(context.parent_span_id(), None);
        }
    }
}
