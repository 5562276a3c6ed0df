//! What is held of traces until it is known whether they are kept.

use std::{
    array,
    collections::{HashMap, VecDeque},
    fmt, mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use steeple_core::{
    SpanId,
    pipeline::{Budget, Reservation},
};

use crate::encoded::Encoded;

/// Threads meet in a stripe only if the ids of their traces do.
const STRIPES: usize = 16;
/// How many decisions a stripe remembers; all together, about 8,192, since the ids are random.
const REMEMBERED: usize = 8_192 / STRIPES;
/// How many bytes may be held of one trace.
const MOST_BYTES: usize = 256 << 10;

/// The traces that are open in this process, by the span that each began with here; what is held of them; and what was decided
/// of the last of them.
pub(crate) struct OpenTraces {
    stripes: [Stripe; STRIPES],
    budget: Budget,
}

/// As far from the next as processors read ahead.
#[derive(Default)]
#[repr(align(128))]
struct Stripe(Mutex<Traces>);

#[derive(Default)]
struct Traces {
    known: HashMap<SpanId, Known>,
    /// Those that are decided, the oldest first.
    decided: VecDeque<SpanId>,
    /// Whether nothing is exported any more.
    closed: bool,
}

enum Known {
    Open(Option<Box<Held>>),
    Decided { kept: bool },
}

/// Spans one after the other.
struct Held {
    spans: Encoded,
    /// As many bytes as there is room for.
    reserved: Reservation,
}

/// Where a span belongs that ended elsewhere than in its request or job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whereabouts {
    /// It is held until its trace ends here.
    Held,
    /// There is no room for it.
    NoRoom,
    /// Its trace is kept.
    Kept,
    /// Its trace is not kept, or ended too long ago to know.
    Refused,
}

impl OpenTraces {
    pub(super) fn within(budget: Budget) -> Self {
        Self {
            stripes: array::from_fn(|_| Stripe::default()),
            budget,
        }
    }

    /// Opens the trace that begins here with the span `root`.
    pub(crate) fn begin(&self, root: SpanId) {
        let mut traces = self.stripe(root);
        if !traces.closed {
            traces.known.insert(root, Known::Open(None));
        }
    }

    /// Leaves a span with its trace.
    pub(crate) fn leave(&self, root: SpanId, span: &[u8]) -> Whereabouts {
        let mut traces = self.stripe(root);
        let closed = traces.closed;
        match traces.known.get_mut(&root) {
            Some(Known::Open(held)) => {
                let held = held.get_or_insert_with(|| Box::new(Held::within(&self.budget)));
                match held.add(span) {
                    true => Whereabouts::Held,
                    false => Whereabouts::NoRoom,
                }
            }
            Some(Known::Decided { kept: false }) => Whereabouts::Refused,
            Some(Known::Decided { kept: true }) => Whereabouts::Kept,
            // The pipeline tells what becomes of it.
            None if closed => Whereabouts::Kept,
            None => Whereabouts::Refused,
        }
    }

    /// Ends a trace, and gives back what was held of it.
    pub(crate) fn end(&self, root: SpanId, kept: bool) -> Encoded {
        let mut traces = self.stripe(root);
        if traces.closed {
            return Encoded::default();
        }
        let before = traces.known.insert(root, Known::Decided { kept });
        if !matches!(before, Some(Known::Decided { .. })) {
            traces.decided.push_back(root);
        }
        if traces.decided.len() > REMEMBERED
            && let Some(oldest) = traces.decided.pop_front()
        {
            traces.known.remove(&oldest);
        }
        drop(traces);
        match before {
            Some(Known::Open(Some(held))) => held.spans,
            _ => Encoded::default(),
        }
    }

    /// Ends all traces, since nothing is exported any more, and tells how many spans were held.
    pub(crate) fn close(&self) -> u64 {
        let close = |stripe: &Stripe| {
            let mut traces = stripe.lock();
            let all = mem::take(&mut *traces);
            traces.closed = true;
            drop(traces);
            let held = all.known.values().map(|known| match known {
                Known::Open(Some(held)) => u64::from(held.spans.count),
                _ => 0,
            });
            held.sum::<u64>()
        };
        self.stripes.iter().map(close).sum()
    }

    fn stripe(&self, root: SpanId) -> MutexGuard<'_, Traces> {
        let [.., last] = root.to_bytes();
        self.stripes[usize::from(last) % STRIPES].lock()
    }
}

impl Stripe {
    fn lock(&self) -> MutexGuard<'_, Traces> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn within(budget: &Budget) -> Self {
        Self {
            spans: Encoded::default(),
            reserved: budget.reservation(),
        }
    }

    /// Takes in a span, unless there is no room.
    fn add(&mut self, span: &[u8]) -> bool {
        let bytes = &mut self.spans.bytes;
        let needed = bytes.len() + span.len();
        if needed > MOST_BYTES {
            return false;
        }
        if needed > self.reserved.bytes() {
            let room = needed.next_power_of_two();
            if !self.reserved.resize(room) {
                return false;
            }
            bytes.reserve_exact(room - bytes.len());
        }
        bytes.extend_from_slice(span);
        self.spans.count += 1;
        true
    }
}

impl fmt::Debug for OpenTraces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenTraces")
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn id(number: u64) -> SpanId {
        SpanId::from_bytes(number.to_be_bytes()).unwrap()
    }

    fn traces() -> OpenTraces {
        OpenTraces::within(Budget::new(1 << 20))
    }

    #[test]
    fn spans_are_held_until_their_trace_ends_and_share_its_fate_then() {
        let traces = traces();
        for (root, kept, late) in [
            (id(1), true, Whereabouts::Kept),
            (id(2), false, Whereabouts::Refused),
        ] {
            traces.begin(root);
            assert_eq!(traces.leave(root, b"one"), Whereabouts::Held);
            assert_eq!(traces.leave(root, b"two"), Whereabouts::Held);
            let held = traces.end(root, kept);
            assert_eq!((&*held.bytes, held.count), (&b"onetwo"[..], 2));
            assert_eq!(traces.leave(root, b"late"), late);
        }
        assert_eq!(traces.budget.used(), 0);
    }

    #[test]
    fn a_span_of_no_known_trace_is_refused() {
        assert_eq!(traces().leave(id(1), b"span"), Whereabouts::Refused);
    }

    #[test]
    fn the_last_decisions_are_remembered_and_older_ones_take_no_memory() {
        let traces = traces();
        let all = 10 * 8_192;
        for number in 1..=all {
            traces.begin(id(number));
            assert_eq!(traces.end(id(number), true).count, 0);
        }
        let kept = |number: &u64| traces.leave(id(*number), b"late") == Whereabouts::Kept;
        assert_eq!((1..=all).filter(kept).count(), 8_192);
        assert!((all - 8_191..=all).all(|number| kept(&number)));
        for stripe in &traces.stripes {
            let stripe = stripe.lock();
            assert_eq!(stripe.known.len(), REMEMBERED);
            assert!(stripe.known.capacity() < 4 * REMEMBERED);
        }
    }

    #[test]
    fn what_is_held_is_bounded_for_each_trace_and_for_all_together() {
        let traces = traces();
        let span = [7; 1_000];
        for root in 1..=8 {
            traces.begin(id(root));
            let held = (0..300).filter(|_| traces.leave(id(root), &span) == Whereabouts::Held);
            let expected = if root <= 4 { 262 } else { 0 };
            assert_eq!(held.count(), expected);
            assert!(traces.budget.used() <= traces.budget.limit());
        }
        let held = traces.end(id(1), true);
        assert_eq!((held.count, held.bytes.len()), (262, 262_000));
        assert!(held.bytes.capacity() <= MOST_BYTES);
        assert_eq!(traces.leave(id(8), &span), Whereabouts::Held);
        assert_eq!(traces.close(), 3 * 262 + 1);
        assert_eq!(traces.budget.used(), 0);
    }

    #[test]
    fn after_the_end_nothing_is_held() {
        let traces = traces();
        traces.begin(id(1));
        assert_eq!(traces.leave(id(1), b"held"), Whereabouts::Held);
        assert_eq!(traces.close(), 1);
        traces.begin(id(2));
        for root in [id(1), id(2)] {
            assert_eq!(traces.leave(root, b"span"), Whereabouts::Kept);
            assert_eq!(traces.end(root, true).count, 0);
        }
        assert_eq!(traces.close(), 0);
    }

    #[test]
    fn threads_lose_and_double_no_span() {
        let traces = traces();
        let roots = 1..=500;
        roots.clone().for_each(|root| traces.begin(id(root)));
        let [held, alone, refused, ended] = thread::scope(|scope| {
            let leave = || {
                let mut became = [0_u64; 3];
                for turn in 0..20 {
                    for root in 1..=500 {
                        let whereabouts = traces.leave(id(root), &[turn]);
                        match whereabouts {
                            Whereabouts::Held => became[0] += 1,
                            Whereabouts::Kept => became[1] += 1,
                            Whereabouts::Refused => became[2] += 1,
                            Whereabouts::NoRoom => unreachable!("there is room"),
                        }
                    }
                }
                became
            };
            let threads = [scope.spawn(leave), scope.spawn(leave)];
            let ended: u64 = roots
                .map(|root| u64::from(traces.end(id(root), root % 2 == 0).count))
                .sum();
            let [one, other] = threads.map(|thread| thread.join().unwrap());
            [
                one[0] + other[0],
                one[1] + other[1],
                one[2] + other[2],
                ended,
            ]
        });
        assert_eq!(held, ended);
        assert_eq!(held + alone + refused, 20_000);
        assert_eq!(traces.budget.used(), 0);
    }
}
