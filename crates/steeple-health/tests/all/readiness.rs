//! What makes a service ready, started and live.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use futures_executor::block_on;
use steeple_health::{Check, Health, HealthStatus, Heartbeat};

use crate::{down, eventually, up};

#[test]
fn without_checks_it_is_all_right() {
    let health = Health::builder().start().unwrap();
    assert!(health.is_live() && block_on(health.is_started()) && block_on(health.is_ready()));
    assert_eq!(health.snapshot().status, HealthStatus::Healthy);
}

#[test]
fn only_critical_checks_make_it_not_ready() {
    let degraded = Health::builder()
        .check("database", up)
        .check("ads", Check::new(down).degrading())
        .start()
        .unwrap();
    assert!(!degraded.snapshot().is_ready, "nothing is known yet");
    assert!(block_on(degraded.is_ready()));
    assert_eq!(degraded.snapshot().status, HealthStatus::Degraded);

    let unhealthy = Health::builder()
        .check("database", down)
        .check("ads", Check::new(up).degrading())
        .start()
        .unwrap();
    assert!(!block_on(unhealthy.is_ready()));
    assert_eq!(unhealthy.snapshot().status, HealthStatus::Unhealthy);
    assert!(unhealthy.is_live(), "no dependency makes it dead");
}

#[test]
fn it_is_not_ready_before_it_has_started_and_never_starts_again() {
    let (migrated, runs) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
    let (seen, counted) = (migrated.clone(), runs.clone());
    let migrations = Check::new(move || {
        counted.fetch_add(1, SeqCst);
        let done = seen.load(SeqCst);
        async move { done.then_some(()).ok_or("not yet") }
    });
    let health = Health::builder()
        .startup("migrations", migrations.cache(Duration::ZERO))
        .check("database", up)
        .start()
        .unwrap();
    assert!(!block_on(health.is_started()));
    assert!(!block_on(health.is_ready()));
    assert_eq!(runs.load(SeqCst), 2);

    migrated.store(true, SeqCst);
    assert!(block_on(health.is_ready()));
    migrated.store(false, SeqCst);
    for _ in 0..10 {
        assert!(block_on(health.is_started()) && block_on(health.is_ready()));
    }
    assert_eq!(runs.load(SeqCst), 3);
}

#[test]
fn a_drain_makes_it_not_ready_for_good_and_asks_nobody() {
    let runs = Arc::<AtomicUsize>::default();
    let counted = runs.clone();
    let check = Check::new(move || {
        counted.fetch_add(1, SeqCst);
        up()
    });
    let health = Health::builder()
        .check("database", check.cache(Duration::ZERO))
        .start()
        .unwrap();
    assert!(block_on(health.is_ready()));
    let other_handle = health.clone();
    other_handle.begin_drain();
    assert!(health.is_draining() && !block_on(health.is_ready()));
    assert!(health.is_live() && block_on(health.is_started()));
    assert_eq!(runs.load(SeqCst), 1);
    assert_eq!(health.snapshot().status, HealthStatus::Unhealthy);
}

#[test]
fn a_heartbeat_that_is_not_beaten_is_told() {
    let worker = Heartbeat::new(Duration::from_millis(50));
    let health = Health::builder()
        .check("worker", worker.check())
        .liveness("worker-alive", &worker)
        .start()
        .unwrap();
    let is_well = || {
        let known = (health.is_live(), block_on(health.is_ready()));
        assert!(known.0 == known.1 || !worker.is_alive());
        known == (true, true)
    };
    worker.beat();
    eventually(|| !is_well());
    assert_eq!(health.snapshot().status, HealthStatus::Unhealthy);
    // A beat that comes in time again is enough.
    eventually(|| {
        worker.beat();
        is_well()
    });
}

#[test]
fn heartbeats_are_beaten_from_any_thread() {
    let worker = Heartbeat::new(Duration::from_secs(3_600));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..1_000).for_each(|_| worker.beat()));
        }
    });
    assert!(worker.is_alive() && worker.age() < Duration::from_secs(60));
}
