//! Many failures that differ.

use steeple::{Observer, core::errors::Backtrace, current, errors::ErrorTracker};
use steeple_tests::process::{isolated, resident_bytes, sized};

use crate::shop::DEADLINE;

#[derive(Debug, thiserror::Error)]
#[error("order {number} of user-{number:x} is \"gone {number}\"")]
struct Gone {
    number: u64,
}

#[test]
fn a_million_messages_with_ids_are_one_group_in_flat_memory() {
    isolated(
        "endurance::a_million_messages_with_ids_are_one_group_in_flat_memory",
        || {
            // What fails while the first failure has it done has no backtrace, and another group.
            Backtrace::prepare();
            let tracker = ErrorTracker::builder().start().unwrap();
            let observer = Observer::builder()
                .error_sink(tracker.sink())
                .build()
                .unwrap();
            let count = sized(20_000, 1_000_000);
            let mut warm = 0;
            for number in 0..count {
                let job = observer.observe("queue", "orders");
                job.run(|| current::attach(&Gone { number }));
                if number % 1_000 == 999 {
                    assert!(tracker.flush_blocking(DEADLINE).is_complete());
                }
                if number == count / 10 {
                    warm = resident_bytes().unwrap();
                }
            }
            let grown = resident_bytes().unwrap().saturating_sub(warm);
            let groups = tracker.groups();
            assert_eq!(groups.len(), 1);
            assert_eq!((groups[0].count, groups[0].samples.len()), (count, 3));
            let accounting = tracker.accounting();
            assert_eq!((accounting.created, accounting.exported), (count, count));
            assert!(grown < 4 << 20, "grown by {grown} bytes");
        },
    );
}

#[test]
fn counts_of_groups_are_those_of_the_pipeline_whatever_finds_no_room() {
    let tracker = ErrorTracker::builder().max_groups(5).start().unwrap();
    let observer = Observer::builder()
        .error_sink(tracker.sink())
        .build()
        .unwrap();
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                for number in 0..2_000 {
                    observer.observe("job", "nightly").run(|| {
                        current::fingerprint([["a", "b", "c"][number % 3]]);
                        current::attach(&Gone { number: 7 });
                    });
                }
            });
        }
    });
    assert!(tracker.flush_blocking(DEADLINE).is_complete());
    let accounting = tracker.accounting();
    let counted: u64 = tracker.groups().iter().map(|group| group.count).sum();
    assert_eq!(accounting.created, 8_000);
    assert_eq!(accounting.exported + accounting.dropped_total(), 8_000);
    assert_eq!(counted, accounting.exported);
}
