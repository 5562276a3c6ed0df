//! Queue consumers, cron jobs and command lines, observed by the process's instance.

use std::{
    future, io,
    panic::{AssertUnwindSafe, catch_unwind},
    task::{Context, Poll, Waker},
    thread,
};

use futures_executor::block_on;
use steeple::{Job, Steeple, current};

use crate::process;

/// A job of the cron `name`.
fn job(name: &'static str) -> Job {
    steeple::observe("cron", name)
}

fn no_disk() {
    current::attach(&io::Error::other("no disk"));
}

/// Every way that a job can end, run as a function and as a future, under a name of its own.
fn end_in_every_way() {
    assert_eq!(job("returns").run(|| 7), 7);
    assert_eq!(block_on(job("returns").instrument(async { 7 })), 7);

    job("fails").run(no_disk);
    block_on(job("fails").instrument(async { no_disk() }));

    job("times out").run(current::timed_out);
    block_on(job("times out").instrument(async { current::timed_out() }));

    let panicking = || {
        no_disk();
        panic!("on purpose")
    };
    let run = || job("panics").run(panicking);
    let instrumented = || block_on(job("panics").instrument(async { panicking() }));
    assert!(catch_unwind(run).is_err() && catch_unwind(instrumented).is_err());

    drop(job("is dropped"));
    let mut half_way = Box::pin(job("is dropped").instrument(future::pending::<()>()));
    let mut context = Context::from_waker(Waker::noop());
    assert_eq!(half_way.as_mut().poll(&mut context), Poll::Pending);
    drop(half_way);

    job("outer").run(|| job("inner").run(no_disk));
    block_on(job("outer").instrument(async {
        let elsewhere = thread::spawn(|| job("inner").run(no_disk));
        assert!(elsewhere.join().is_ok());
    }));
}

/// Name, outcome and type of error of each series, with its count.
const ENDS: [(&str, &str, Option<&str>, u64); 7] = [
    ("returns", "success", None, 2),
    ("fails", "server_error", Some("std::io::error::Error"), 2),
    ("times out", "timed_out", Some("timeout"), 2),
    ("panics", "panicked", Some("panic"), 2),
    ("is dropped", "cancelled_before_head", None, 2),
    ("outer", "success", None, 2),
    ("inner", "server_error", Some("std::io::error::Error"), 2),
];

#[test]
fn each_ends_with_its_outcome_and_is_counted_once() {
    let _ = process::passes(|| {
        let steeple = Steeple::builder("cron").without_ops().build().unwrap();
        end_in_every_way();
        let snapshot = steeple.registry().snapshot();
        let jobs = snapshot.family("steeple_job_duration_seconds").unwrap();
        for (name, outcome, error_type, count) in ENDS {
            let labels: Vec<_> = [
                ("job_kind", "cron"),
                ("job_name", name),
                ("outcome", outcome),
            ]
            .into_iter()
            .chain(error_type.map(|error_type| ("error_type", error_type)))
            .collect();
            let found = jobs.value(&labels).and_then(|value| value.as_histogram());
            assert_eq!(found.map(|jobs| jobs.count()), Some(count), "{labels:?}");
        }
        assert_eq!(jobs.series.len(), ENDS.len());
        assert!(snapshot.family("http_server_requests_total").is_none());
    });
}

#[test]
fn the_process_s_instance_is_the_first_that_is_not_private() {
    let _ = process::passes(|| {
        let shop = |private| {
            let shop = Steeple::builder("shop").without_ops();
            let shop = if private { shop.private() } else { shop };
            shop.build().unwrap()
        };
        let (private, first, second) = (shop(true), shop(false), shop(false));
        job("nightly").run(|| {});
        let count = |steeple: &Steeple| {
            let snapshot = steeple.registry().snapshot();
            let jobs = snapshot.family("steeple_job_duration_seconds");
            jobs.map_or(0, |jobs| jobs.series.len())
        };
        assert_eq!([&private, &first, &second].map(count), [0, 1, 0]);
    });
}

#[test]
fn one_keeps_its_own_result_and_panic_without_an_instance() {
    let _ = process::passes(|| {
        assert_eq!(job("early").run(|| Err::<(), _>("no disk")), Err("no disk"));
        let panicked = catch_unwind(AssertUnwindSafe(|| job("early").run(|| panic!("lost"))));
        assert_eq!(panicked.unwrap_err().downcast_ref::<&str>(), Some(&"lost"));
    });
}
