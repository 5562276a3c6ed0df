//! Whatever a check does, it is a failed check and nothing more.

use std::{
    future::pending,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use futures_executor::block_on;
use steeple_health::{Check, CheckSnapshot, CheckState, Failure, Health};

use crate::{PATIENCE, down, eventually, up, well};

const SHORT: Duration = Duration::from_millis(50);

fn only(health: &Health) -> CheckSnapshot {
    let mut checks = health.snapshot().checks;
    assert_eq!(checks.len(), 1);
    checks.remove(0)
}

fn failure_of(check: Check) -> Failure {
    let health = Health::builder().check("it", check).start().unwrap();
    assert!(!block_on(health.is_ready()));
    let check = only(&health);
    assert_eq!(check.state, CheckState::Down);
    assert_eq!((check.last_success, check.failures_in_a_row), (None, 1));
    check.last_failure.unwrap().1
}

#[test]
fn an_error_is_kept_with_its_text() {
    let down = Check::new(down).timeout(PATIENCE);
    assert_eq!(failure_of(down), Failure::Error("it is down".to_owned()));
}

#[test]
fn a_panic_is_a_failure_wherever_it_happens() {
    let in_the_future = Check::new(|| async {
        if PATIENCE > Duration::ZERO {
            panic!("not {}", "today");
        }
        up().await
    });
    // To tell of a panic takes its time, too.
    let told = failure_of(in_the_future.timeout(PATIENCE));
    assert_eq!(told, Failure::Panicked("not today".to_owned()));

    let in_the_closure = Check::new(|| {
        assert!(PATIENCE < Duration::ZERO, "never");
        up()
    });
    let told = failure_of(in_the_closure.timeout(PATIENCE));
    assert_eq!(told, Failure::Panicked("never".to_owned()));
}

#[test]
fn a_check_that_hangs_is_dropped_when_its_time_is_up() {
    struct Dropped(Arc<AtomicUsize>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            // What drivers need when they are given up.
            assert!(tokio::runtime::Handle::try_current().is_ok());
            self.0.fetch_add(1, SeqCst);
        }
    }
    let drops = Arc::<AtomicUsize>::default();
    let counted = drops.clone();
    let hangs = Check::new(move || {
        let dropped = Dropped(counted.clone());
        async move {
            pending::<()>().await;
            drop(dropped);
            up().await
        }
    });
    assert_eq!(failure_of(hangs.timeout(SHORT)), Failure::TimedOut(SHORT));
    eventually(|| drops.load(SeqCst) == 1);
}

/// What holds up whoever waits, until it is opened.
#[derive(Default)]
struct Gate(Mutex<bool>, Condvar);

impl Gate {
    fn wait(&self) {
        let mut open = self.0.lock().unwrap();
        while !*open {
            open = self.1.wait(open).unwrap();
        }
    }

    fn open(&self) {
        *self.0.lock().unwrap() = true;
        self.1.notify_all();
    }
}

#[test]
fn a_check_that_blocks_its_thread_holds_up_neither_probes_nor_other_checks() {
    let (gate, runs) = (Arc::<Gate>::default(), Arc::<AtomicUsize>::default());
    let (held, counted) = (gate.clone(), runs.clone());
    let blocks = Check::new(move || {
        let (held, counted) = (held.clone(), counted.clone());
        async move {
            counted.fetch_add(1, SeqCst);
            held.wait();
            up().await
        }
    });
    let health = Health::builder()
        .check("blocks", blocks.timeout(SHORT).cache(Duration::ZERO))
        .check("other", well().cache(Duration::ZERO))
        .start()
        .unwrap();

    let started = Instant::now();
    for _ in 0..5 {
        let report = block_on(health.report());
        let states: Vec<_> = report.checks.iter().map(|check| check.state).collect();
        assert_eq!(states, [CheckState::Down, CheckState::Up]);
    }
    assert!(started.elapsed() < PATIENCE);
    // The thread that blocks is the only one, and may be late.
    eventually(|| runs.load(SeqCst) == 1);

    gate.open();
    eventually(|| block_on(health.is_ready()));
}

#[test]
fn a_check_that_keeps_blocking_is_down_whatever_its_threshold() {
    let shapes: [fn(Check) -> Check; 2] = [
        |check| check.cache(Duration::ZERO),
        |check| check.refresh_every(SHORT),
    ];
    for shape in shapes {
        let (gate, blocked) = (Arc::<Gate>::default(), Arc::<AtomicUsize>::default());
        let blocks = Arc::<AtomicBool>::default();
        let (held, counted, seen) = (gate.clone(), blocked.clone(), blocks.clone());
        let blocks_later = Check::new(move || {
            let held = seen.load(SeqCst).then(|| held.clone());
            let counted = counted.clone();
            async move {
                if let Some(held) = held {
                    counted.fetch_add(1, SeqCst);
                    held.wait();
                }
                up().await
            }
        });
        let blocks_later = shape(blocks_later.timeout(SHORT).failure_threshold(3));
        let health = Health::builder().check("it", blocks_later).start().unwrap();
        eventually(|| block_on(health.is_ready()));
        blocks.store(true, SeqCst);
        eventually(|| !block_on(health.is_ready()) && blocked.load(SeqCst) > 0);
        let check = only(&health);
        assert!(check.failures_in_a_row >= 3);
        assert_eq!(check.last_failure.unwrap().1, Failure::TimedOut(SHORT));
        assert_eq!(blocked.load(SeqCst), 1, "it has one thread");
        gate.open();
        eventually(|| block_on(health.is_ready()));
    }
}

#[test]
fn a_check_that_blocks_ends_with_its_health_for_those_who_wait() {
    let gate = Arc::<Gate>::default();
    let held = gate.clone();
    let blocks = move || {
        held.wait();
        up()
    };
    let health = Health::builder().check("blocks", blocks).start().unwrap();
    let asked = std::thread::spawn({
        let health = health.clone();
        move || block_on(health.is_ready())
    });
    drop(health);
    assert!(!asked.join().unwrap());
    gate.open();
}
