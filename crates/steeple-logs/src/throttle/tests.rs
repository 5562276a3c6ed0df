use std::{sync::OnceLock, thread, time::Duration};

use tracing_core::{
    Callsite, Level, Metadata, callsite::Identifier, field::FieldSet, metadata::Kind,
    subscriber::Interest,
};

use super::*;

struct Nowhere;

impl Callsite for Nowhere {
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        metadata()
    }
}

fn metadata() -> &'static Metadata<'static> {
    static METADATA: OnceLock<Metadata<'static>> = OnceLock::new();
    METADATA.get_or_init(|| {
        let fields = FieldSet::new(&[], Identifier(&Nowhere));
        Metadata::new(
            "event",
            "shop",
            Level::INFO,
            None,
            None,
            None,
            fields,
            Kind::EVENT,
        )
    })
}

const SECOND: u64 = 1_000_000_000;

fn throttle(window_seconds: u64, per_second: u32) -> Throttle {
    let window = Duration::from_secs(window_seconds);
    Throttle::new(ThrottleConfig::new(window, Some(per_second))).unwrap()
}

fn overdue(throttle: &Throttle, now: u64) -> Vec<Held> {
    let mut told = Vec::new();
    throttle.overdue(now, |_, held| told.push(held));
    told
}

fn written(repeated: u64, limited: u64) -> Admission {
    Admission::Written(Held { repeated, limited })
}

#[test]
fn what_is_said_again_is_told_once_with_the_next_that_differs() {
    let throttle = throttle(10, u32::MAX);
    let admit = |content, now| throttle.admit(7, metadata(), content, now);
    assert_eq!(admit(1, 0), written(0, 0));
    for now in 1..=4_212 {
        assert_eq!(admit(1, now), Admission::Repeated);
    }
    assert_eq!(admit(2, 5_000), written(4_212, 0));
    assert_eq!(admit(1, 5_001), written(0, 0), "it is not that from before");
    assert_eq!(
        admit(1, 5_001 + 10 * SECOND),
        written(0, 0),
        "the window is over"
    );
}

#[test]
fn call_sites_do_not_repeat_each_other() {
    let throttle = throttle(10, 1);
    for key in 1..=500 {
        assert_eq!(throttle.admit(key * 64, metadata(), 1, 0), written(0, 0));
        assert_eq!(
            throttle.admit(key * 64, metadata(), 2, 0),
            Admission::Limited
        );
    }
}

#[test]
fn more_than_the_limit_of_a_second_is_told_with_the_first_of_the_next() {
    let throttle = throttle(0, 3);
    let admit = |now| throttle.admit(7, metadata(), now, now);
    for second in 0..3 {
        let start = (second + 1) * SECOND;
        let before = if second == 0 { 0 } else { 7 };
        assert_eq!(admit(start), written(0, before));
        assert_eq!([1, 2].map(|now| admit(start + now)), [written(0, 0); 2]);
        for now in 3..10 {
            assert_eq!(admit(start + now), Admission::Limited);
        }
    }
}

#[test]
fn what_nothing_follows_is_told_when_it_is_overdue() {
    let throttle = throttle(10, 1);
    throttle.admit(7, metadata(), 1, SECOND);
    throttle.admit(7, metadata(), 1, SECOND);
    throttle.admit(7, metadata(), 2, SECOND);
    assert_eq!(overdue(&throttle, 5 * SECOND), []);
    let held = Held {
        repeated: 1,
        limited: 1,
    };
    assert_eq!(overdue(&throttle, 11 * SECOND), [held]);
    assert_eq!(overdue(&throttle, u64::MAX), []);
    assert_eq!(throttle.admit(7, metadata(), 1, 12 * SECOND), written(0, 0));
    throttle.admit(7, metadata(), 1, 12 * SECOND);
    assert_eq!(
        overdue(&throttle, u64::MAX).len(),
        1,
        "at the end it is told at once"
    );
}

#[test]
fn a_clock_that_goes_back_silences_nobody() {
    let hour = 3_600 * SECOND;
    let repeating = throttle(10, u32::MAX);
    let admit = |content, now| repeating.admit(7, metadata(), content, now);
    assert_eq!(admit(1, hour), written(0, 0));
    assert_eq!(admit(1, hour - 1), Admission::Repeated, "another thread");
    assert_eq!(admit(1, 0), written(1, 0));

    let limited = throttle(0, 1);
    let admit = |now| limited.admit(7, metadata(), now, now);
    assert_eq!(admit(hour), written(0, 0));
    assert_eq!(admit(hour - 1), Admission::Limited, "another thread");
    assert_eq!(admit(0), written(0, 1));

    repeating.admit(7, metadata(), 2, hour);
    repeating.admit(7, metadata(), 2, hour);
    assert_eq!(overdue(&repeating, 0).len(), 1);
}

#[test]
fn a_full_table_loses_nothing() {
    let throttle = throttle(1, u32::MAX);
    throttle.admit(7, metadata(), 1, 0);
    assert_eq!(throttle.admit(7, metadata(), 1, 0), Admission::Repeated);
    for key in 1..10_000 {
        assert_ne!(
            throttle.admit(key * 16, metadata(), 1, 0),
            Admission::Limited
        );
    }
    let told: u64 = overdue(&throttle, u64::MAX)
        .iter()
        .map(|held| held.repeated)
        .sum();
    assert_eq!(told, 1);
}

#[test]
fn each_event_is_written_or_counted_whatever_thread_it_is_of() {
    let throttle = throttle(1, 5);
    let counted: u64 = thread::scope(|scope| {
        let threads: Vec<_> = (0..4_u64)
            .map(|thread| {
                let throttle = &throttle;
                scope.spawn(move || {
                    let mut counted = 0;
                    for now in 0..10_000 {
                        let admission =
                            throttle.admit(7, metadata(), now % 3 + thread % 2, now * 1_000_000);
                        if let Admission::Written(held) = admission {
                            counted += 1 + held.repeated + held.limited;
                        }
                    }
                    counted
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    let left = overdue(&throttle, u64::MAX);
    let left: u64 = left.iter().map(|held| held.repeated + held.limited).sum();
    assert_eq!(counted + left, 40_000);
}

#[test]
fn what_is_overdue_is_looked_at_once_a_second_whatever_the_clock_does() {
    let throttle = throttle(1, u32::MAX);
    let sweep = |now| {
        let mut told = 0;
        throttle.sweep(now, |_, held| told += held.repeated);
        told
    };
    let repeat = |now| (0..3).for_each(|_| _ = throttle.admit(7, metadata(), 1, now));
    repeat(0);
    assert_eq!(sweep(2 * SECOND), 2);
    repeat(2 * SECOND);
    assert_eq!(sweep(3 * SECOND - 1), 0);
    assert_eq!(sweep(4 * SECOND), 2);
    repeat(10);
    assert_eq!(sweep(2 * SECOND), 2, "the clock went back");
}

#[test]
fn without_a_limit_and_a_window_there_is_nothing_to_hold_back() {
    assert!(Throttle::new(ThrottleConfig::new(Duration::ZERO, None)).is_none());
    assert!(Throttle::new(ThrottleConfig::new(Duration::ZERO, Some(1))).is_some());
    assert!(Throttle::new(ThrottleConfig::new(Duration::MAX, None)).is_some());
}

#[test]
fn nothing_is_allocated_for_an_event() {
    let throttle = throttle(10, 5);
    let counted = allocation_counter::measure(|| {
        for event in 0..1_000 {
            let _ = throttle.admit(event % 7 + 1, metadata(), event % 3, event);
        }
        throttle.overdue(u64::MAX, |_, _| {});
    });
    assert_eq!(counted.count_total, 0);
}
