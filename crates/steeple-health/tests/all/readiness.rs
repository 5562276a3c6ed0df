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
use steeple_health::{Check, CheckState, Health, HealthStatus, Heartbeat};
use tokio::sync::Semaphore;

use crate::{PATIENCE, down, eventually, get, up, well};

#[test]
fn without_checks_it_is_all_right() {
    let health = Health::builder().start().unwrap();
    assert!(health.is_live() && block_on(health.is_started()) && block_on(health.is_ready()));
    assert_eq!(health.snapshot().status, HealthStatus::Healthy);
}

#[test]
fn only_critical_checks_make_it_not_ready() {
    let degraded = Health::builder()
        .check("database", well())
        .check("ads", Check::new(down).degrading())
        .start()
        .unwrap();
    assert!(!degraded.snapshot().is_ready, "nothing is known yet");
    assert!(block_on(degraded.is_ready()));
    assert_eq!(degraded.snapshot().status, HealthStatus::Degraded);

    let unhealthy = Health::builder()
        .check("database", down)
        .check("ads", well().degrading())
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
        .check("database", well())
        .start()
        .unwrap();
    assert!(!block_on(health.is_started()));
    assert!(!block_on(health.is_ready()));
    assert_eq!(runs.load(SeqCst), 2);

    migrated.store(true, SeqCst);
    // Who asks waits less than a second for what is done at startup.
    eventually(|| block_on(health.is_ready()));
    migrated.store(false, SeqCst);
    for _ in 0..10 {
        assert!(block_on(health.is_started()) && block_on(health.is_ready()));
    }
    assert_eq!(runs.load(SeqCst), 3);
}

#[test]
fn what_is_done_at_startup_may_take_longer_than_probes_wait() {
    let (gate, runs) = (Arc::new(Semaphore::new(0)), Arc::<AtomicUsize>::default());
    let (held, counted) = (gate.clone(), runs.clone());
    let migrate = move || {
        counted.fetch_add(1, SeqCst);
        let held = held.clone();
        async move { held.acquire().await.map(drop) }
    };
    let health = Health::builder()
        .startup("migrations", migrate)
        .check("database", well())
        .start()
        .unwrap();
    // Together longer than a check may take at other times.
    assert_eq!(get(&health.probes(), "/startupz").0, 503);
    assert!(!block_on(health.is_ready()));
    assert!(!block_on(health.report()).is_started);
    assert_eq!(health.snapshot().checks[0].state, CheckState::Unknown);

    gate.add_permits(1);
    eventually(|| block_on(health.is_ready()));
    assert_eq!(get(&health.probes(), "/startupz").0, 200);
    assert_eq!(runs.load(SeqCst), 1, "it was given up, and begun anew");
}

#[test]
fn what_was_done_at_startup_is_not_refreshed() {
    let (migrated, runs) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
    let refreshes = Arc::<AtomicUsize>::default();
    let (seen, counted, others) = (migrated.clone(), runs.clone(), refreshes.clone());
    let migrations = Check::new(move || {
        counted.fetch_add(1, SeqCst);
        let done = seen.load(SeqCst);
        async move { done.then_some(()).ok_or("not yet") }
    });
    let database = Check::new(move || {
        others.fetch_add(1, SeqCst);
        up()
    });
    let often = Duration::from_millis(1);
    let health = Health::builder()
        .startup("migrations", migrations.refresh_every(often))
        .check("database", database.refresh_every(often))
        .start()
        .unwrap();
    eventually(|| runs.load(SeqCst) > 2);
    migrated.store(true, SeqCst);
    eventually(|| health.snapshot().is_ready);
    migrated.store(false, SeqCst);
    let (run, refreshed) = (runs.load(SeqCst), refreshes.load(SeqCst));
    eventually(|| refreshes.load(SeqCst) > refreshed + 20);
    assert_eq!(runs.load(SeqCst), run);
    assert!(block_on(health.is_ready()));
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
        .check("database", check.timeout(PATIENCE).cache(Duration::ZERO))
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
