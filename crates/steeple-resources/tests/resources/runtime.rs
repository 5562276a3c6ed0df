use std::{sync::mpsc, thread, time::Duration};

use steeple_metrics::{Registry, Value};
use steeple_resources::{Resources, Workers};
use tokio::{runtime::Builder, sync::oneshot};

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

/// A runtime of one thread, on a thread of its own, until it is told to end.
fn worker(workers: &Workers) -> (oneshot::Sender<()>, thread::JoinHandle<()>) {
    let (end, ended) = oneshot::channel();
    let (tell, watched) = mpsc::channel();
    let workers = workers.clone();
    let thread = thread::spawn(move || {
        let runtime = Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            // Once for each application or part of one that it makes.
            workers.watch();
            workers.watch();
            tell.send(()).unwrap();
            let _ = ended.await;
        });
    });
    watched.recv().unwrap();
    (end, thread)
}

#[test]
fn the_runtimes_of_workers_are_told_of_each_until_they_end() {
    let registry = Registry::new();
    let resources = Resources::builder()
        .host(false)
        // It reads when it is looked at.
        .interval(Duration::from_secs(600))
        .start(&registry)
        .unwrap();
    let workers = resources.workers();
    workers.watch(); // There is no runtime here.
    let told_of = || {
        resources.refresh();
        ["0", "1", "2"].map(|worker| {
            let labels = [("worker", worker)];
            let threads = figure(&registry, "tokio_workers_count", &labels);
            assert!(threads.is_none_or(|threads| threads == 1.0));
            threads.is_some()
        })
    };
    assert_eq!(told_of(), [false; 3]);
    let (end_first, first) = worker(&workers);
    eventually(|| (told_of() == [true, false, false]).then_some(()));
    let (end_second, second) = worker(&workers);
    eventually(|| (told_of() == [true, true, false]).then_some(()));
    eventually(|| {
        resources.refresh();
        let seen = registry.snapshot();
        let delays = ["0", "1"].map(|worker| {
            let name = "steeple_runtime_scheduling_delay_seconds";
            let delays = seen.value(name, &[("worker", worker)]);
            delays
                .and_then(Value::as_histogram)
                .map_or(0, |delays| delays.count())
        });
        delays.iter().all(|count| *count > 2).then_some(())
    });

    drop(end_first);
    first.join().unwrap();
    // Who comes next takes the place that is free, though no reading has found it so.
    let (end_third, third) = worker(&workers);
    drop(end_second);
    second.join().unwrap();
    eventually(|| (told_of() == [true, false, false]).then_some(()));
    drop(end_third);
    third.join().unwrap();
    eventually(|| (told_of() == [false; 3]).then_some(()));
}

#[test]
fn a_runtime_that_has_ended_is_no_task_that_waits() {
    let registry = Registry::new();
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    let resources = Resources::builder()
        .host(false)
        .runtime(runtime.handle().clone())
        .start(&registry)
        .unwrap();
    let waiting = || {
        resources.refresh();
        figure(&registry, "steeple_runtime_scheduling_waiting_seconds", &[])
    };
    assert!(waiting().is_some());
    drop(runtime);
    eventually(|| waiting().is_none().then_some(()));
    assert!(!registry.render().contains("tokio_workers_count"));
}

#[cfg(tokio_unstable)]
#[test]
fn with_tokio_unstable_polls_and_blocking_threads_are_told_of() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let registry = Registry::new();
    let resources = Resources::builder()
        .host(false)
        .runtime(runtime.handle().clone())
        .start(&registry)
        .unwrap();
    let told = |name: &str| {
        resources.refresh();
        figure(&registry, name, &[]).unwrap()
    };
    let (release, blocked) = mpsc::channel::<()>();
    let blocking = runtime.spawn_blocking(move || blocked.recv().is_err());
    eventually(|| (told("tokio_blocking_threads_count") >= 1.0).then_some(()));
    assert_eq!(told("tokio_blocking_queue_depth"), 0.0);
    let before = told("tokio_total_polls_count");
    runtime.block_on(async {
        for _ in 0..1_000 {
            tokio::spawn(async {}).await.unwrap();
        }
    });
    eventually(|| (told("tokio_total_polls_count") - before >= 1_000.0).then_some(()));
    assert!(told("tokio_total_steal_count") >= 0.0);
    eventually(|| (told("tokio_mean_poll_duration") > 0.0).then_some(()));
    drop(release);
    assert!(runtime.block_on(blocking).unwrap());
}
