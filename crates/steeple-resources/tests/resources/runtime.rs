use std::{sync::mpsc, time::Duration};

use steeple_metrics::Registry;
use steeple_resources::Resources;
use tokio::runtime::Builder;

use super::{count, eventually, figure};

#[test]
fn workers_that_are_blocked_are_seen_while_they_are() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let registry = Registry::new();
    let resources = Resources::builder()
        .host(false)
        .interval(Duration::from_millis(100))
        .runtime(runtime.handle().clone())
        .start(&registry)
        .unwrap();
    let delays = || count(&registry, "steeple_runtime_scheduling_delay_seconds");
    eventually(|| (delays() > 0).then_some(()));
    assert_eq!(figure(&registry, "tokio_workers_count", &[]), Some(2.0));
    let busy = figure(&registry, "tokio_total_busy_duration_seconds_total", &[]);
    assert!(busy.is_some());

    let (release, blocked) = mpsc::channel::<()>();
    let blocked = std::sync::Arc::new(std::sync::Mutex::new(blocked));
    for _ in 0..2 {
        let blocked = std::sync::Arc::clone(&blocked);
        runtime.spawn(async move {
            let _ = blocked.lock().unwrap().recv();
        });
    }
    let waiting = || {
        resources.refresh();
        figure(&registry, "steeple_runtime_scheduling_waiting_seconds", &[])
    };
    eventually(|| waiting().filter(|seconds| *seconds > 0.2));
    drop(release);
    eventually(|| waiting().filter(|seconds| *seconds == 0.0));
}

#[test]
fn without_a_runtime_none_is_told_of() {
    let registry = Registry::new();
    let _resources = Resources::builder().host(false).start(&registry).unwrap();
    assert!(!registry.render().contains("tokio_"));
}
