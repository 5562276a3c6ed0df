//! Which observations of a histogram keep their trace.

use std::time::SystemTime;

use once_cell::race::OnceBox;

use super::exemplar_slot::ExemplarSlot;
use crate::{RecordedExemplar, histograms::ExemplarShape};

/// An exemplar for each bucket, replaced at most once a second.
#[derive(Debug)]
pub(super) struct Exemplars {
    shape: ExemplarShape,
    /// Made for the first exemplar: a series that nobody records into within a sampled trace never has one.
    slots: OnceBox<Box<[ExemplarSlot]>>,
}

impl Exemplars {
    pub(super) fn new(shape: ExemplarShape) -> Self {
        Self {
            shape,
            slots: OnceBox::new(),
        }
    }

    /// The bucket of `value`, for a histogram that has none of its own.
    #[inline]
    pub(super) fn bucket(&self, value: f64) -> usize {
        self.shape.bounds.bucket(value).unwrap_or_default()
    }

    /// Keeps the current trace with `value`, which was observed in `bucket`, if there is one and it is time for it.
    /// `count` and `added` are those of [`ExemplarSlot::rests`].
    #[inline]
    pub(super) fn offer(&self, bucket: usize, value: f64, count: u64, added: u64) {
        let slot = self.slots.get().map(|slots| &slots[bucket]);
        if !slot.is_some_and(|slot| slot.rests(count, added)) {
            self.ask(bucket, value);
        }
    }

    /// The exemplar of each bucket; empty if there is none at all.
    pub(super) fn read(&self) -> impl Iterator<Item = Option<RecordedExemplar>> {
        let slots = self.slots.get().map_or(&[][..], |slots| &slots[..]);
        slots.iter().map(ExemplarSlot::read)
    }

    fn ask(&self, bucket: usize, value: f64) {
        let Some(exemplar) = self.shape.source.exemplar() else {
            return;
        };
        let slots = self.slots.get_or_init(|| {
            let buckets = 0..self.shape.bounds.buckets();
            let slots = buckets.map(|_| ExemplarSlot::default());
            Box::new(slots.collect())
        });
        slots[bucket].offer(&RecordedExemplar {
            value,
            at: SystemTime::now(),
            exemplar,
        });
    }
}

#[cfg(test)]
mod tests {
    use std::{
        cell::Cell,
        sync::{Arc, LazyLock},
    };

    use super::*;
    use crate::{Exemplar, bounds::Bounds, exemplar::ExemplarSource};

    thread_local! {
        static CURRENT: Cell<Option<Exemplar>> = const { Cell::new(None) };
    }

    fn of_two_buckets(source: impl Fn() -> Option<Exemplar> + Send + Sync + 'static) -> Exemplars {
        Exemplars::new(ExemplarShape {
            source: ExemplarSource::new(source),
            bounds: Arc::new(Bounds::new(&[1.0]).unwrap()),
        })
    }

    #[test]
    fn outside_of_a_trace_nothing_is_kept_and_nothing_made() {
        let exemplars = of_two_buckets(|| CURRENT.get());
        exemplars.offer(0, 1.0, 1, 1);
        assert!(exemplars.slots.get().is_none() && exemplars.read().next().is_none());
    }

    #[test]
    fn each_bucket_keeps_the_first_trace_of_a_second() {
        let exemplars = of_two_buckets(|| CURRENT.get());
        for trace in 1..100 {
            CURRENT.set(Some(Exemplar::new([trace; 16], [trace; 8])));
            exemplars.offer(1, f64::from(trace), u64::from(trace), 1);
        }
        let kept: Vec<_> = exemplars.read().collect();
        assert_eq!(kept[0], None);
        let kept = kept[1].unwrap();
        assert_eq!((kept.value, kept.exemplar.trace_id), (1.0, [1; 16]));
        assert!(kept.at.elapsed().unwrap().as_secs() < 10);
    }

    #[test]
    fn a_source_that_panics_costs_the_exemplar_only() {
        let exemplars = of_two_buckets(|| panic!("no trace for you"));
        exemplars.offer(0, 1.0, 1, 1);
        assert!(exemplars.read().next().is_none());
    }

    #[test]
    fn a_source_that_records_is_not_asked_again_for_that() {
        static EXEMPLARS: LazyLock<Exemplars> = LazyLock::new(|| {
            let source = || {
                EXEMPLARS.offer(0, 2.0, 1, 1);
                Some(Exemplar::new([1; 16], [1; 8]))
            };
            of_two_buckets(source)
        });
        EXEMPLARS.offer(0, 1.0, 1, 1);
        let kept = EXEMPLARS.read().next().flatten();
        assert_eq!(kept.map(|kept| kept.value), Some(1.0));
    }
}
