//! Every way to end, on every shape of runtime, while the backend takes connections and never answers.
//!
//! A deadline is kept but for what a machine that is busy adds, at the second attempt at the latest. Who drops an instance gives
//! none: that it ends is guarded.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    future::Future,
    io,
    net::{SocketAddr, TcpListener},
    panic::{self, AssertUnwindSafe},
    path::Path,
    pin::Pin,
    thread,
    time::{Duration, Instant},
};

use futures_util::FutureExt as _;
use rustix::process::{Signal, getpid, kill_process};
use steeple::{
    Steeple, current,
    logs::{Format, elasticsearch::Elasticsearch},
};
use steeple_tests::process::isolated;
use tokio::runtime::{Builder, Runtime};

const DEADLINE: Duration = Duration::from_millis(500);
/// What a machine that is busy with other things may add.
const SLACK: Duration = Duration::from_secs(2);
/// What hangs takes at least as long as an attempt to export, which is 10 s; dropping waits for a second for each backend.
const WATCHDOG: Duration = Duration::from_secs(9);

/// Where the service runs.
#[derive(Clone, Copy)]
enum Shape {
    CurrentThread,
    OneWorker,
    ManyWorkers,
    Actix,
    NoRuntime,
    RuntimeGone,
}

/// How it ends.
#[derive(Clone, Copy)]
enum Ending {
    Flush,
    Shutdown,
    Drop,
    Panic,
    Terminated,
}

/// Backends that take connections and never answer.
fn black_hole() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || listener.incoming().collect::<Vec<_>>());
    address
}

/// A service that has something to deliver to each of them, and keeps errors in a file.
fn busy(errors: &Path) -> Steeple {
    let backends = black_hole();
    let url = format!("http://{backends}");
    let (endpoint, dsn) = (url.clone(), format!("http://key@{backends}/7"));
    let elasticsearch = Elasticsearch::builder(&url);
    let steeple = Steeple::builder("shop")
        .ops(|ops| ops.address(([127, 0, 0, 1], 0).into()))
        .otlp(move |otlp| otlp.endpoint(endpoint))
        .sentry(move |sentry| sentry.dsn(&dsn))
        .logs(move |logs| logs.to(elasticsearch, Format::Ecs))
        .errors(|tracker| tracker.file(errors))
        .push_gateway(&*url)
        .build()
        .unwrap();
    for _ in 0..100 {
        steeple.observe("job", "nightly").run(|| {
            current::attach(&io::Error::other("out of stock"));
        });
    }
    steeple
}

async fn end(steeple: Steeple, ending: Ending) {
    match ending {
        Ending::Flush => {
            let report = steeple.flush(DEADLINE).await;
            assert!(!report.is_complete(), "{report:?}");
            // What waits is kept, and not waited for any longer than at the end.
            std::mem::forget(steeple);
        }
        Ending::Shutdown => {
            let error = steeple.shutdown(DEADLINE).await.unwrap_err();
            assert!(!error.report.is_complete(), "{error:?}");
        }
        Ending::Drop => drop(steeple),
        Ending::Panic => {
            let panicked = AssertUnwindSafe(async move {
                let _steeple = steeple;
                panic!("the service fails");
            });
            assert!(panicked.catch_unwind().await.is_err());
        }
        Ending::Terminated => {
            let lifecycle = steeple.lifecycle().drain(Duration::ZERO).flush(DEADLINE);
            let stopping = lifecycle.stopping();
            let server = async move {
                kill_process(getpid(), Signal::TERM).unwrap();
                stopping.await;
                Ok::<_, ()>(())
            };
            let report = lifecycle.run(server).await.unwrap();
            assert!(report.served_all && report.flushed.is_err(), "{report:?}");
        }
    }
}

fn tokio(workers: Option<usize>) -> Runtime {
    let mut builder = match workers {
        Some(workers) => {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(workers);
            builder
        }
        None => Builder::new_current_thread(),
    };
    builder.enable_all().build().unwrap()
}

fn run(shape: Shape, ending: Ending) {
    panic::set_hook(Box::new(|_| {}));
    let bound = match ending {
        Ending::Drop | Ending::Panic => WATCHDOG,
        Ending::Flush | Ending::Shutdown | Ending::Terminated => DEADLINE + SLACK,
    };
    let is_in_time = (0..2).any(|_| {
        let took = attempt(shape, ending);
        eprintln!("it took {took:?}");
        took < bound
    });
    assert!(is_in_time);
}

fn attempt(shape: Shape, ending: Ending) -> Duration {
    let directory = tempfile::tempdir().unwrap();
    let errors = &directory.path().join("errors.jsonl");
    let end_it = |steeple| -> Pin<Box<dyn Future<Output = ()>>> { Box::pin(end(steeple, ending)) };
    let start = Instant::now();
    match shape {
        Shape::CurrentThread => tokio(None).block_on(async { end_it(busy(errors)).await }),
        Shape::OneWorker => tokio(Some(1)).block_on(async { end_it(busy(errors)).await }),
        Shape::ManyWorkers => tokio(Some(4)).block_on(async { end_it(busy(errors)).await }),
        Shape::Actix => actix_rt::System::new().block_on(async { end_it(busy(errors)).await }),
        Shape::NoRuntime => futures_executor::block_on(end_it(busy(errors))),
        Shape::RuntimeGone => {
            let runtime = tokio(Some(2));
            let steeple = runtime.block_on(async { busy(errors) });
            drop(runtime);
            futures_executor::block_on(end_it(steeple));
        }
    }
    start.elapsed()
}

macro_rules! endings {
    ($($name:ident: $ending:ident on $shape:ident,)*) => {$(
        #[test]
        fn $name() {
            isolated(concat!("endings::", stringify!($name)), || run(Shape::$shape, Ending::$ending));
        }
    )*};
}

// Without a runtime there is no server that a signal could end: `SIGTERM` ends the process at once, unless the application listens to
// signals by means of its own, and asks for a shutdown then.
endings! {
    a_flush_ends_in_time_on_the_current_thread: Flush on CurrentThread,
    a_flush_ends_in_time_on_one_worker: Flush on OneWorker,
    a_flush_ends_in_time_on_many_workers: Flush on ManyWorkers,
    a_flush_ends_in_time_on_actix: Flush on Actix,
    a_flush_ends_in_time_without_a_runtime: Flush on NoRuntime,
    a_flush_ends_in_time_after_the_runtime: Flush on RuntimeGone,
    a_shutdown_ends_in_time_on_the_current_thread: Shutdown on CurrentThread,
    a_shutdown_ends_in_time_on_one_worker: Shutdown on OneWorker,
    a_shutdown_ends_in_time_on_many_workers: Shutdown on ManyWorkers,
    a_shutdown_ends_in_time_on_actix: Shutdown on Actix,
    a_shutdown_ends_in_time_without_a_runtime: Shutdown on NoRuntime,
    a_shutdown_ends_in_time_after_the_runtime: Shutdown on RuntimeGone,
    a_drop_ends_in_time_on_the_current_thread: Drop on CurrentThread,
    a_drop_ends_in_time_on_one_worker: Drop on OneWorker,
    a_drop_ends_in_time_on_many_workers: Drop on ManyWorkers,
    a_drop_ends_in_time_on_actix: Drop on Actix,
    a_drop_ends_in_time_without_a_runtime: Drop on NoRuntime,
    a_drop_ends_in_time_after_the_runtime: Drop on RuntimeGone,
    a_panic_ends_in_time_on_the_current_thread: Panic on CurrentThread,
    a_panic_ends_in_time_on_one_worker: Panic on OneWorker,
    a_panic_ends_in_time_on_many_workers: Panic on ManyWorkers,
    a_panic_ends_in_time_on_actix: Panic on Actix,
    a_panic_ends_in_time_without_a_runtime: Panic on NoRuntime,
    a_panic_ends_in_time_after_the_runtime: Panic on RuntimeGone,
    a_signal_ends_in_time_on_the_current_thread: Terminated on CurrentThread,
    a_signal_ends_in_time_on_one_worker: Terminated on OneWorker,
    a_signal_ends_in_time_on_many_workers: Terminated on ManyWorkers,
    a_signal_ends_in_time_on_actix: Terminated on Actix,
}
