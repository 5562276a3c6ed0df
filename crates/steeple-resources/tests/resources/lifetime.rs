use std::{
    sync::mpsc,
    time::{Duration, Instant},
};

use steeple_metrics::Registry;
use steeple_resources::{AllocatorFigures, Resources, StartError};

use super::{eventually, figure};

#[test]
fn figures_are_read_again_and_again_until_the_end() {
    let registry = Registry::new();
    let (read, reads) = mpsc::channel();
    let resources = Resources::builder()
        .host(false)
        .interval(Duration::from_millis(100))
        .allocator(move || {
            read.send(()).unwrap();
            Some(AllocatorFigures {
                allocated: 1,
                resident: 2,
            })
        })
        .start(&registry)
        .unwrap();
    for _ in 0..3 {
        reads.recv_timeout(Duration::from_secs(60)).unwrap();
    }
    assert_eq!(
        figure(&registry, "steeple_allocator_resident_bytes", &[]),
        Some(2.0)
    );
    drop(resources);
    // The sources go with the thread, although the registry stays.
    eventually(|| match reads.recv_timeout(Duration::from_secs(1)) {
        Err(mpsc::RecvTimeoutError::Disconnected) => Some(()),
        _ => None,
    });
    let _ = registry.render();
}

#[test]
fn what_is_looked_at_is_at_most_a_second_old() {
    let registry = Registry::new();
    let mut reads = 0;
    let _resources = Resources::builder()
        .host(false)
        .interval(Duration::from_secs(3_600))
        .allocator(move || {
            reads += 1;
            Some(AllocatorFigures {
                allocated: reads,
                resident: 0,
            })
        })
        .start(&registry)
        .unwrap();
    let look = || figure(&registry, "steeple_allocator_allocated_bytes", &[]);
    eventually(|| look().filter(|reads| *reads == 2.0));
}

#[test]
fn a_source_that_hangs_holds_up_nobody_who_looks() {
    const LOOKS: u32 = 200;
    let registry = Registry::new();
    let (release, held) = mpsc::channel::<()>();
    let (hang, hangs) = mpsc::channel();
    let mut reads = 0;
    let resources = Resources::builder()
        .host(false)
        .interval(Duration::from_millis(100))
        .allocator(move || {
            reads += 1;
            // From the second reading on it hangs.
            if reads > 1 {
                let _ = hang.send(());
                let _ = held.recv();
            }
            Some(AllocatorFigures {
                allocated: reads,
                resident: 0,
            })
        })
        .start(&registry)
        .unwrap();
    let look = || figure(&registry, "steeple_allocator_allocated_bytes", &[]);
    hangs.recv_timeout(Duration::from_secs(60)).unwrap();
    let start = Instant::now();
    for _ in 0..LOOKS {
        assert_eq!(look(), Some(1.0));
    }
    // Were each to wait, it would take twice as long.
    assert!(start.elapsed() < LOOKS * Duration::from_millis(50));
    drop(release);
    eventually(|| look().filter(|reads| *reads > 1.0));
    drop(resources);
}

#[test]
fn an_interval_that_would_cost_too_much_is_refused() {
    let resources = Resources::builder().interval(Duration::from_millis(1));
    let refused = resources.start(&Registry::new()).unwrap_err();
    assert!(
        matches!(refused, StartError::IntervalTooShort { interval, .. } if interval == Duration::from_millis(1))
    );
    let resources = Resources::builder().log_every(Duration::ZERO);
    let refused = resources.start(&Registry::new()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the interval 0ns of resources is shorter than 100ms: choose a longer one"
    );
}
