//! Health as metrics.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use futures_executor::block_on;
use steeple_health::{Check, Health, Heartbeat};
use steeple_metrics::{Registry, Value};

use crate::{PATIENCE, down, eventually};

fn value(registry: &Registry, name: &str, labels: &[(&str, &str)]) -> Option<Value> {
    registry.snapshot().value(name, labels).cloned()
}

#[test]
fn runs_are_counted_timed_and_told_by_state() {
    let registry = Registry::new();
    let is_up = Arc::new(AtomicBool::new(true));
    let seen = is_up.clone();
    let check = Check::new(move || {
        let up = seen.load(SeqCst);
        async move { up.then_some(()).ok_or("down") }
    });
    let health = Health::builder()
        .check("database", check.timeout(PATIENCE).cache(Duration::ZERO))
        .recorder(Arc::new(registry.clone()))
        .start()
        .unwrap();
    let gauge =
        |name, labels: &[_]| value(&registry, name, labels).and_then(|value| value.as_gauge());
    let of_check = [("check", "database")];
    let runs = |result| {
        let labels = [("check", "database"), ("result", result)];
        value(&registry, "steeple_health_check_runs_total", &labels)
            .and_then(|value| value.as_counter())
    };

    assert_eq!(gauge("steeple_health_ready", &[]), Some(0.0));
    let unknown = gauge("steeple_health_check_up", &of_check);
    assert_eq!(unknown, None, "it is neither up nor down");
    assert!(block_on(health.is_ready()));
    assert_eq!(gauge("steeple_health_ready", &[]), Some(1.0));
    assert_eq!(gauge("steeple_health_check_up", &of_check), Some(1.0));
    let success = "steeple_health_check_last_success_timestamp_seconds";
    assert!(gauge(success, &of_check).is_some_and(|seconds| seconds > 1.6e9));

    is_up.store(false, SeqCst);
    assert!(!block_on(health.is_ready()));
    assert_eq!(gauge("steeple_health_ready", &[]), Some(0.0));
    assert_eq!(gauge("steeple_health_check_up", &of_check), Some(0.0));
    assert_eq!(
        (runs("success"), runs("error"), runs("panic")),
        (Some(1), Some(1), Some(0))
    );
    let duration = value(
        &registry,
        "steeple_health_check_duration_seconds",
        &of_check,
    )
    .unwrap();
    assert_eq!(duration.as_histogram().unwrap().count(), 2);

    is_up.store(true, SeqCst);
    assert!(block_on(health.is_ready()));
    health.begin_drain();
    assert_eq!(gauge("steeple_health_ready", &[]), Some(0.0));
    assert_eq!(gauge("steeple_health_check_up", &of_check), Some(1.0));
}

#[test]
fn a_check_is_told_once_its_thresholds_are_reached() {
    let registry = Registry::new();
    let check = Check::new(down).cache(Duration::ZERO).failure_threshold(2);
    let health = Health::builder()
        .check("database", check)
        .recorder(Arc::new(registry.clone()))
        .start()
        .unwrap();
    let told = || {
        let of_check = [("check", "database")];
        value(&registry, "steeple_health_check_up", &of_check).and_then(|value| value.as_gauge())
    };
    assert!(!block_on(health.is_ready()));
    assert_eq!(told(), None);
    assert!(!block_on(health.is_ready()));
    assert_eq!(told(), Some(0.0));
}

#[test]
fn heartbeats_of_liveness_are_told_though_nobody_asks() {
    let registry = Registry::new();
    let worker = Heartbeat::new(Duration::from_secs(2));
    let _health = Health::builder()
        .liveness("worker", &worker)
        .recorder(Arc::new(registry.clone()))
        .start()
        .unwrap();
    let told = || {
        let of_worker = [("check", "worker")];
        value(&registry, "steeple_health_check_up", &of_worker).and_then(|value| value.as_gauge())
    };
    assert!(told().is_some());
    eventually(|| {
        worker.beat();
        told() == Some(1.0)
    });
    eventually(|| told() == Some(0.0));
    eventually(|| {
        worker.beat();
        told() == Some(1.0)
    });
}
