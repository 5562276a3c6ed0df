//! F19: a service that forks. The child has its memory, and none of its threads.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    panic::{self, AssertUnwindSafe},
    process,
    time::{Duration, Instant},
};

use fork::{Fork, fork};
use futures_executor::block_on;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use steeple::{
    Steeple,
    logs::{Format, RollingFile},
};
use steeple_tests::{
    backends::OtlpSink,
    process::isolated,
    waiting::{eventually, within},
};

const CHILDREN: usize = 2;
const JOBS: usize = 100;
const DEADLINE: Duration = Duration::from_millis(200);
/// What a child that hangs never ends within.
const WATCHDOG: Duration = Duration::from_secs(60);

fn work(steeple: &Steeple) {
    for job in 0..JOBS {
        steeple
            .observe("job", "nightly")
            .run(|| tracing::info!(job, "at work"));
    }
}

/// What a child does, which has nobody that would deliver anything.
fn live(steeple: Steeple) {
    work(&steeple);
    assert!(steeple.registry().render().contains("steeple"));
    let begun = Instant::now();
    let report = block_on(steeple.flush(DEADLINE));
    assert!(!report.is_complete(), "{report:?}");
    assert!(begun.elapsed() < WATCHDOG / 2);
    // Dropping it is the harder end: each outlet takes its time.
    drop(steeple);
    process::exit(0);
}

/// How a child ended; one that hangs is killed.
fn ended(child: Pid) -> Option<i32> {
    let status = within(WATCHDOG, || {
        let waited = waitpid(Some(child), WaitOptions::NOHANG).unwrap();
        waited.map(|(_, status)| status.exit_status())
    });
    if status.is_none() {
        kill_process(child, Signal::KILL).unwrap();
        waitpid(Some(child), WaitOptions::empty()).unwrap();
    }
    status.flatten()
}

#[test]
fn a_child_neither_hangs_nor_panics_and_its_parent_goes_on() {
    isolated(
        "forks::a_child_neither_hangs_nor_panics_and_its_parent_goes_on",
        || {
            let sink = OtlpSink::start().unwrap();
            let directory = tempfile::tempdir().unwrap();
            let log = RollingFile::new(directory.path().join("shop.log"));
            let url = sink.url();
            let steeple = Steeple::builder("shop")
                .private()
                .ops(|ops| ops.address(([127, 0, 0, 1], 0).into()))
                .otlp(move |otlp| otlp.endpoint(url))
                .errors(|errors| errors)
                .logs(move |logs| logs.to(log, Format::Json))
                .resources(|resources| resources)
                .health(|health| health)
                .build()
                .unwrap();
            steeple.install_subscriber().unwrap();
            work(&steeple);
            assert!(block_on(steeple.flush(WATCHDOG)).is_complete());

            let mut steeple = Some(steeple);
            for _ in 0..CHILDREN {
                match fork().unwrap() {
                    Fork::Child => {
                        let steeple = steeple.take().unwrap();
                        let lived = panic::catch_unwind(AssertUnwindSafe(|| live(steeple)));
                        process::exit(if lived.is_err() { 101 } else { 0 });
                    }
                    Fork::Parent(child) => {
                        let child = Pid::from_raw(child).unwrap();
                        assert_eq!(ended(child), Some(0));
                    }
                }
            }

            let steeple = steeple.unwrap();
            work(&steeple);
            eventually("what the parent did arrives", || {
                sink.spans().len() == 2 * JOBS
            });
            block_on(steeple.shutdown(WATCHDOG)).unwrap();
            assert_eq!(sink.spans().len(), 2 * JOBS);
        },
    );
}
