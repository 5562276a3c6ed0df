//! Flush, shutdown, drop and panic on every shape of runtime, with exporters that work, stall and
//! block: each ends in time and counts what is lost.

use std::{
    cell::RefCell,
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, mpsc},
    task::{Context, Waker},
    thread,
    time::{Duration, Instant},
};

use steeple_core::pipeline::{DropReason, ExportError, Pipeline, Producer};
use tokio::{
    runtime::{Builder, Runtime},
    sync::oneshot,
    task::LocalSet,
};

use crate::support::{PATIENCE, assert_balanced, builder, drive, eventually, watched};

const ITEMS: u64 = 10;
/// What an ending is given that cannot succeed.
const DEADLINE: Duration = Duration::from_millis(100);
/// What a busy machine may add to a deadline.
const SLACK: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug)]
enum Shape {
    NoRuntime,
    RuntimeGone,
    CurrentThread,
    /// As actix runs its workers.
    LocalTasks,
    OneWorker,
    ManyWorkers,
}

#[derive(Clone, Copy, Debug)]
enum Ending {
    Flush,
    FlushBlocking,
    Shutdown,
    ShutdownBlocking,
    Drop,
    Panic,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Backend {
    Works,
    Stalls,
    Blocks,
}

impl Backend {
    fn deadline(self) -> Duration {
        match self {
            Self::Works => PATIENCE,
            Self::Stalls | Self::Blocks => DEADLINE,
        }
    }
}

const ENDINGS: [Ending; 6] = [
    Ending::Flush,
    Ending::FlushBlocking,
    Ending::Shutdown,
    Ending::ShutdownBlocking,
    Ending::Drop,
    Ending::Panic,
];

impl Shape {
    fn run(
        self,
        ending: Ending,
        backend: Backend,
        release: mpsc::Receiver<()>,
    ) -> Producer<String> {
        let run = async move |pipeline| end(pipeline, ending, backend).await;
        match self {
            Self::NoRuntime => drive(run(spawn(backend, release))),
            Self::RuntimeGone => {
                let pipeline = current_thread().block_on(async { spawn(backend, release) });
                drive(run(pipeline))
            }
            Self::CurrentThread => current_thread().block_on(run(spawn(backend, release))),
            Self::LocalTasks => {
                let tasks = LocalSet::new();
                let task = tasks.spawn_local(async move { run(spawn(backend, release)).await });
                current_thread().block_on(tasks.run_until(task)).unwrap()
            }
            Self::OneWorker => on_workers(1, async move { run(spawn(backend, release)).await }),
            Self::ManyWorkers => on_workers(4, async move { run(spawn(backend, release)).await }),
        }
    }
}

fn current_thread() -> Runtime {
    // Without timers: a pipeline must not need those of its callers.
    Builder::new_current_thread().build().unwrap()
}

fn on_workers<F>(workers: usize, future: F) -> F::Output
where
    F: Future<Output: Send> + Send + 'static,
{
    let runtime = Builder::new_multi_thread()
        .worker_threads(workers)
        .build()
        .unwrap();
    runtime.block_on(runtime.spawn(future)).unwrap()
}

fn spawn(backend: Backend, release: mpsc::Receiver<()>) -> Pipeline<String> {
    let release = Arc::new(Mutex::new(release));
    builder("ends")
        .drop_deadline(backend.deadline())
        .spawn(move || {
            let release = release.clone();
            async move |_: &[String]| {
                match backend {
                    Backend::Works => {}
                    Backend::Stalls => pending().await,
                    Backend::Blocks => {
                        let _ = release.lock().unwrap().recv();
                    }
                }
                Ok::<(), ExportError>(())
            }
        })
}

async fn end(pipeline: Pipeline<String>, ending: Ending, backend: Backend) -> Producer<String> {
    let producer = pipeline.producer();
    (0..ITEMS).for_each(|n| producer.push(n.to_string()));
    let (deadline, start) = (backend.deadline(), Instant::now());
    let report = match ending {
        Ending::Flush => Some(pipeline.flush(deadline).await),
        Ending::FlushBlocking => Some(pipeline.flush_blocking(deadline)),
        Ending::Shutdown => Some(pipeline.shutdown(deadline).await),
        Ending::ShutdownBlocking => Some(pipeline.shutdown_blocking(deadline)),
        Ending::Drop => None,
        Ending::Panic => {
            let result = catch_unwind(AssertUnwindSafe(move || {
                let _pipeline = pipeline;
                panic!("the service panics");
            }));
            assert!(result.is_err());
            assert!(start.elapsed() < deadline + SLACK, "{:?}", start.elapsed());
            return producer;
        }
    };
    assert!(start.elapsed() < deadline + SLACK, "{:?}", start.elapsed());
    if let Some(report) = report {
        let (lost, pending) = match (backend, ending) {
            (Backend::Works, _) => (0, 0),
            (_, Ending::Flush | Ending::FlushBlocking) => (0, ITEMS),
            (_, _) => (ITEMS, 0),
        };
        assert_eq!((report.lost, report.pending), (lost, pending));
    }
    drop(pipeline);
    assert!(
        start.elapsed() < 2 * deadline + SLACK,
        "{:?}",
        start.elapsed()
    );
    producer
}

fn every_ending(shape: Shape) {
    for backend in [Backend::Works, Backend::Stalls, Backend::Blocks] {
        for ending in ENDINGS {
            let producer = watched(move || {
                // A blocked worker goes on when the ending is over, so that it could count twice.
                let (_release, blocked) = mpsc::channel();
                shape.run(ending, backend, blocked)
            });
            let figures = producer.accounting();
            let (exported, lost) = match backend {
                Backend::Works => (ITEMS, 0),
                Backend::Stalls | Backend::Blocks => (0, ITEMS),
            };
            let case = format!("{shape:?} {ending:?} {backend:?}: {figures:?}");
            assert_eq!(figures.exported, exported, "{case}");
            assert_eq!(figures.dropped(DropReason::Shutdown), lost, "{case}");
            assert_balanced(&figures);
            eventually("the memory to be freed", || {
                producer.accounting().queued_bytes == 0
            });
            assert_eq!(producer.accounting().exported, exported, "{case}");
        }
    }
}

macro_rules! on_shapes {
    ($($name:ident: $shape:ident,)*) => {$(
        #[test]
        fn $name() {
            every_ending(Shape::$shape);
        }
    )*};
}

on_shapes! {
    endings_keep_their_deadline_on_no_runtime: NoRuntime,
    endings_keep_their_deadline_when_the_runtime_is_gone: RuntimeGone,
    endings_keep_their_deadline_on_a_current_thread_runtime: CurrentThread,
    endings_keep_their_deadline_in_a_local_task: LocalTasks,
    endings_keep_their_deadline_on_one_worker: OneWorker,
    endings_keep_their_deadline_on_many_workers: ManyWorkers,
}

#[test]
fn a_second_shutdown_finds_nothing_to_do() {
    let (_release, blocked) = mpsc::channel();
    let pipeline = spawn(Backend::Works, blocked);
    pipeline.producer().push("once".to_owned());
    let first = pipeline.shutdown_blocking(PATIENCE);
    let second = pipeline.shutdown_blocking(PATIENCE);
    // It may have left before the first shutdown began.
    assert_eq!((pipeline.accounting().exported, first.lost), (1, 0));
    assert_eq!((second.exported, second.lost), (0, 0));
}

#[test]
fn what_a_shutdown_has_left_behind_is_not_waited_for_again() {
    let (_release, blocked) = mpsc::channel::<()>();
    let blocked = Arc::new(Mutex::new(blocked));
    let pipeline = builder("blocked")
        .drop_deadline(Duration::MAX)
        .spawn(move || {
            let blocked = blocked.clone();
            async move |_: &[String]| {
                let _ = blocked.lock().unwrap().recv();
                Ok::<(), ExportError>(())
            }
        });
    pipeline.producer().push("lost".to_owned());
    assert_eq!(pipeline.shutdown_blocking(DEADLINE).lost, 1);
    watched(move || drop(pipeline));
}

#[test]
fn what_is_pushed_after_a_shutdown_is_counted() {
    let (_release, blocked) = mpsc::channel();
    let pipeline = spawn(Backend::Works, blocked);
    let _ = pipeline.shutdown_blocking(PATIENCE);
    let producer = pipeline.producer();
    producer.push("late".to_owned());
    drop(pipeline);
    producer.push("later".to_owned());
    let figures = producer.accounting();
    assert_eq!(figures.dropped(DropReason::NotRunning), 2);
    assert_balanced(&figures);
}

#[test]
fn a_shutdown_goes_on_when_its_future_is_dropped() {
    let (_release, blocked) = mpsc::channel();
    let pipeline = spawn(Backend::Stalls, blocked);
    let producer = pipeline.producer();
    producer.push("lost".to_owned());
    let mut shutdown = Box::pin(pipeline.shutdown(DEADLINE));
    let looked = shutdown
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    assert!(looked.is_pending());
    drop(shutdown);
    eventually("the shutdown to end", || {
        producer.accounting().dropped(DropReason::Shutdown) == 1
    });
}

#[test]
fn a_backend_on_the_thread_that_shuts_down_is_no_deadlock() {
    watched(|| {
        let (requests, mut received) = tokio::sync::mpsc::channel::<oneshot::Sender<()>>(1);
        let pipeline = builder("in-process").spawn(move || {
            let requests = requests.clone();
            async move |_: &[String]| {
                let (reply, replied) = oneshot::channel();
                requests.send(reply).await.map_err(ExportError::permanent)?;
                replied.await.map_err(ExportError::permanent)
            }
        });
        (0..ITEMS).for_each(|n| pipeline.producer().push(n.to_string()));
        let report = current_thread().block_on(async {
            tokio::spawn(async move {
                while let Some(reply) = received.recv().await {
                    let _ = reply.send(());
                }
            });
            pipeline.shutdown(PATIENCE).await
        });
        assert!(report.is_complete(), "{report:?}");
        assert_eq!(pipeline.accounting().exported, ITEMS);
    });
}

#[test]
fn a_pipeline_may_live_until_its_thread_drops_its_locals() {
    thread_local! {
        static PIPELINE: RefCell<Option<Pipeline<String>>> = const { RefCell::new(None) };
    }

    let producer = watched(|| {
        let (_release, blocked) = mpsc::channel();
        let pipeline = spawn(Backend::Works, blocked);
        let producer = pipeline.producer();
        producer.push("item".to_owned());
        PIPELINE.set(Some(pipeline));
        producer
    });
    eventually("the export", || producer.accounting().exported == 1);
    eventually("the end", || {
        producer.push("late".to_owned());
        producer.accounting().dropped(DropReason::NotRunning) > 0
    });
}

#[test]
fn what_is_pushed_while_several_threads_shut_down_is_counted() {
    let (_release, blocked) = mpsc::channel();
    let pipeline = spawn(Backend::Works, blocked);
    thread::scope(|scope| {
        for _ in 0..4 {
            let producer = pipeline.producer();
            scope.spawn(move || (0..5_000).for_each(|n| producer.push(n.to_string())));
        }
        for _ in 0..3 {
            scope.spawn(|| {
                eventually("some items", || pipeline.accounting().exported > 100);
                pipeline.shutdown_blocking(PATIENCE)
            });
        }
    });
    let figures = pipeline.accounting();
    assert_eq!((figures.created, figures.queued), (20_000, 0));
    assert_eq!(figures.dropped(DropReason::Shutdown), 0);
    assert_balanced(&figures);
}

#[test]
fn an_endless_deadline_ends_with_the_queue() {
    watched(|| {
        let (_release, blocked) = mpsc::channel();
        let pipeline = spawn(Backend::Works, blocked);
        pipeline.producer().push("item".to_owned());
        assert_eq!(pipeline.flush_blocking(Duration::MAX).exported, 1);
        assert!(pipeline.shutdown_blocking(Duration::MAX).is_complete());
    });
}

#[test]
fn an_exporter_that_ends_its_own_pipeline_does_not_wait_for_itself() {
    let slot = Arc::new(Mutex::new(None::<Pipeline<String>>));
    let own = slot.clone();
    let pipeline = builder("suicidal").drop_deadline(PATIENCE).spawn(move || {
        let own = own.clone();
        async move |_: &[String]| {
            let pipeline = own.lock().unwrap().take();
            drop(pipeline);
            Ok::<(), ExportError>(())
        }
    });
    let producer = pipeline.producer();
    *slot.lock().unwrap() = Some(pipeline);
    let start = Instant::now();
    producer.push("the last".to_owned());
    eventually("the pipeline to end", || {
        producer.accounting().queued_bytes == 0
    });
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
    assert_balanced(&producer.accounting());
}

#[test]
fn the_exporter_is_dropped_before_a_shutdown_returns() {
    struct Dropped(mpsc::Sender<thread::ThreadId>);

    impl Drop for Dropped {
        fn drop(&mut self) {
            let _ = self.0.send(thread::current().id());
        }
    }

    let (sender, dropped) = mpsc::channel();
    let pipeline = builder("closes").spawn(move || {
        let connection = Dropped(sender.clone());
        async move |_: &[String]| {
            let _connection = &connection;
            Ok::<(), ExportError>(())
        }
    });
    pipeline.producer().push("item".to_owned());
    let report = pipeline.shutdown_blocking(PATIENCE);
    assert!(report.is_complete());
    assert_ne!(dropped.try_recv().unwrap(), thread::current().id());
}
