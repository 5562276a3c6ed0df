//! One exemplar, written and read without a lock.

use std::time::{Duration, UNIX_EPOCH};

use crate::{
    Exemplar, RecordedExemplar,
    sync::{
        atomic::{
            AtomicBool, AtomicU64,
            Ordering::{Acquire, Relaxed, Release},
            fence,
        },
        hint,
    },
};

/// The least time between two exemplars of a bucket.
const INTERVAL: Duration = Duration::from_secs(1);

/// A bucket is busy if the next exemplar is offered this soon after one was kept.
const SOON: Duration = Duration::from_millis(10);

/// Of a busy bucket's observations every so many-th of a stripe is offered: none of the others pays for a clock.
const STEP: u64 = 32;

/// How often a reader that a writer came in between of starts again. A write takes nanoseconds, and the next is a second
/// away.
const READS: usize = if cfg!(loom) { 1 } else { 100 };

/// The words of an exemplar: the value, the wall clock's nanoseconds, two of the trace id, the span id.
const WORDS: usize = 5;

/// Which word says when.
const AT: usize = 1;

/// A place for an exemplar, as a [sequence lock](https://www.kernel.org/doc/html/latest/locking/seqlock.html): readers
/// discard what changed while they read. Nobody waits: a writer that finds another one at work goes without.
#[derive(Debug, Default)]
pub(super) struct ExemplarSlot {
    /// Odd while the words are written, 0 before the first time.
    version: AtomicU64,
    words: [AtomicU64; WORDS],
    busy: AtomicBool,
}

impl ExemplarSlot {
    /// Whether an observation is not worth an offer; `count` is the number of those of its stripe in this bucket, the
    /// last `added` of them new.
    #[inline]
    pub(super) fn rests(&self, count: u64, added: u64) -> bool {
        self.busy.load(Relaxed) && count / STEP == count.wrapping_sub(added) / STEP
    }

    /// Keeps the exemplar if it is time for one.
    pub(super) fn offer(&self, recorded: &RecordedExemplar) {
        let words = encoded(recorded);
        let version = self.version.load(Acquire);
        if is_being_written(version) {
            return;
        }
        if version != 0 {
            // A clock that was put back starts over.
            let waited = words[AT].checked_sub(self.words[AT].load(Relaxed));
            let waited = waited.map_or(Duration::MAX, Duration::from_nanos);
            if waited < INTERVAL {
                if waited < SOON {
                    self.busy.store(true, Relaxed);
                }
                return;
            }
        }
        // Fails if another one was kept meanwhile.
        let claimed = self
            .version
            .compare_exchange(version, version + 1, Acquire, Relaxed);
        if claimed.is_ok() {
            self.write(words);
            self.version.store(version + 2, Release);
        }
    }

    /// The exemplar kept last, if there is one and it is not just being replaced.
    pub(super) fn read(&self) -> Option<RecordedExemplar> {
        for _ in 0..READS {
            let version = self.version.load(Acquire);
            if version == 0 {
                return None;
            }
            let words = std::array::from_fn(|index| self.words[index].load(Relaxed));
            fence(Acquire);
            if !is_being_written(version) && self.version.load(Relaxed) == version {
                return Some(decoded(words));
            }
            hint::spin_loop();
        }
        None
    }

    fn write(&self, words: [u64; WORDS]) {
        // Who sees one of the words sees the odd version, too.
        fence(Release);
        for (word, value) in self.words.iter().zip(words) {
            word.store(value, Relaxed);
        }
        self.busy.store(false, Relaxed);
    }
}

fn is_being_written(version: u64) -> bool {
    version & 1 == 1
}

fn encoded(recorded: &RecordedExemplar) -> [u64; WORDS] {
    let RecordedExemplar {
        value,
        at,
        exemplar,
    } = recorded;
    let nanoseconds = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let trace_id = u128::from_be_bytes(exemplar.trace_id);
    [
        value.to_bits(),
        u64::try_from(nanoseconds).unwrap_or(u64::MAX),
        (trace_id >> 64) as u64,
        trace_id as u64,
        u64::from_be_bytes(exemplar.span_id),
    ]
}

fn decoded([value, nanoseconds, high, low, span_id]: [u64; WORDS]) -> RecordedExemplar {
    let trace_id = u128::from(high) << 64 | u128::from(low);
    RecordedExemplar {
        value: f64::from_bits(value),
        at: UNIX_EPOCH + Duration::from_nanos(nanoseconds),
        exemplar: Exemplar::new(trace_id.to_be_bytes(), span_id.to_be_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    /// One whose every word tells its number.
    fn exemplar(number: u32) -> RecordedExemplar {
        let byte = number as u8;
        RecordedExemplar {
            value: f64::from(number),
            at: UNIX_EPOCH + INTERVAL * number,
            exemplar: Exemplar::new([byte; 16], [byte; 8]),
        }
    }

    fn at(nanoseconds: u64) -> RecordedExemplar {
        RecordedExemplar {
            at: UNIX_EPOCH + Duration::from_nanos(nanoseconds),
            ..exemplar(nanoseconds as u32)
        }
    }

    #[test]
    fn what_is_kept_reads_back() {
        let slot = ExemplarSlot::default();
        assert_eq!(slot.read(), None);
        let recorded = RecordedExemplar {
            value: -0.25,
            at: UNIX_EPOCH + Duration::from_nanos(1_790_000_000_123_456_789),
            exemplar: Exemplar::new(*b"0123456789abcdef", *b"ABCDEFGH"),
        };
        slot.offer(&recorded);
        assert_eq!(slot.read(), Some(recorded));
    }

    #[test]
    fn one_a_second_is_kept() {
        let slot = ExemplarSlot::default();
        slot.offer(&at(500));
        slot.offer(&at(1_000_000_499));
        assert_eq!(slot.read(), Some(at(500)));
        slot.offer(&at(1_000_000_500));
        assert_eq!(slot.read(), Some(at(1_000_000_500)));
    }

    #[test]
    fn a_clock_that_is_put_back_does_not_end_it() {
        let slot = ExemplarSlot::default();
        slot.offer(&at(2_000_000_000));
        slot.offer(&at(500));
        assert_eq!(slot.read(), Some(at(500)));
    }

    #[test]
    fn a_busy_bucket_rests_until_it_has_stepped_on_and_only_until_the_next_exemplar() {
        let slot = ExemplarSlot::default();
        let resting = || (1..=64).filter(|count| slot.rests(*count, 1)).count();
        slot.offer(&at(0));
        slot.offer(&at(10_000_000));
        assert_eq!(resting(), 0);
        slot.offer(&at(9_999_999));
        assert_eq!(resting(), 62);
        assert!(!slot.rests(33, 2) && slot.rests(33, 1));
        slot.offer(&at(1_000_000_000));
        assert_eq!(resting(), 0);
    }

    #[test]
    fn an_exemplar_that_is_replaced_all_the_time_is_never_read_in_parts() {
        let (slot, done) = (
            &ExemplarSlot::default(),
            &std::sync::atomic::AtomicBool::new(false),
        );
        let (mut read, mut torn) = (0, 0);
        thread::scope(|scope| {
            for writer in 0..2 {
                scope.spawn(move || {
                    let mut numbers = (1..).map(|number| 2 * number + writer);
                    while !done.load(Relaxed) {
                        slot.offer(&exemplar(numbers.next().unwrap()));
                    }
                });
            }
            while read < 100_000 {
                if let Some(found) = slot.read() {
                    torn += u32::from(found != exemplar(found.value as u32));
                    read += 1;
                }
            }
            done.store(true, Relaxed);
        });
        assert_eq!(torn, 0);
    }
}

#[cfg(all(test, loom))]
mod under_loom {
    use loom::{sync::Arc, thread};

    use super::*;
    use crate::sync::model;

    /// One whose every word tells its number, some seconds after the last one.
    fn exemplar(number: u8) -> RecordedExemplar {
        RecordedExemplar {
            value: f64::from(number),
            at: UNIX_EPOCH + INTERVAL * u32::from(number),
            exemplar: Exemplar::new([number; 16], [number; 8]),
        }
    }

    fn offer(slot: &Arc<ExemplarSlot>, recorded: RecordedExemplar) -> thread::JoinHandle<()> {
        let slot = Arc::clone(slot);
        thread::spawn(move || slot.offer(&recorded))
    }

    #[test]
    fn an_exemplar_is_read_whole_or_not_at_all() {
        model(|| {
            let slot = Arc::new(ExemplarSlot::default());
            slot.offer(&exemplar(1));
            let writer = offer(&slot, exemplar(2));
            let read = slot.read();
            assert!(
                [None, Some(exemplar(1)), Some(exemplar(2))].contains(&read),
                "{read:?}"
            );
            writer.join().unwrap();
            assert_eq!(slot.read(), Some(exemplar(2)));
        });
    }

    #[test]
    fn of_two_who_offer_at_once_one_keeps_and_none_waits() {
        model(|| {
            let slot = Arc::new(ExemplarSlot::default());
            let (one, other) = (
                exemplar(1),
                RecordedExemplar {
                    at: exemplar(1).at,
                    ..exemplar(2)
                },
            );
            let writer = offer(&slot, one);
            slot.offer(&other);
            writer.join().unwrap();
            let kept = slot.read().unwrap();
            assert!([one, other].contains(&kept), "{kept:?}");
            assert_eq!(slot.version.load(Relaxed), 2);
        });
    }
}
