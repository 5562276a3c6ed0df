//! F20: what somebody new writes: an instance in the closure that makes the application, so one for each worker, with all
//! that is ordinary.

use std::{
    error::Error as _,
    ffi::OsStr,
    io,
    net::{SocketAddr, TcpStream},
    sync::mpsc,
};

use actix_rt::System;
use steeple::Steeple;
use steeple_tests::{
    backends::free_address,
    hostile::visit,
    process::{isolated, isolated_with},
    warnings::Warnings,
};

use crate::workers::{OF_WORKERS, run_for, serve_at};

/// More than one worker gets.
const VISITS: u64 = 40;

fn visit_both_workers(address: SocketAddr) {
    for _ in 0..VISITS {
        assert_eq!(visit(address, "/").expect("the service serves"), 404);
    }
}

#[test]
fn instances_that_workers_build_and_keep_are_warned_about_and_the_first_counts_for_all() {
    isolated(
        "worker_instances::instances_that_workers_build_and_keep_are_warned_about_and_the_first_counts_for_all",
        || {
            let warnings = Warnings::collect();
            let (keep, kept) = mpsc::channel();
            let (address, server) = serve_at(move || {
                let steeple = Steeple::builder("workers").build().expect("a free port");
                let observe = steeple.actix();
                keep.send(steeple).expect("the test waits for it");
                observe
            });
            let served =
                System::new().block_on(run_for(server, move || visit_both_workers(address)));
            served.expect("a plain server");
            assert_eq!(warnings.with(OF_WORKERS).len(), 1);
            assert!(
                !warnings
                    .with("the default ops address is in use")
                    .is_empty()
            );
            let kept: Vec<Steeple> = kept.iter().collect();
            let [first, second] = &kept[..] else {
                panic!("two workers: {kept:?}")
            };
            assert_ne!(first.ops_addr(), second.ops_addr());
            assert_eq!(requests(first), VISITS);
            let of_one = requests(second);
            assert!((1..VISITS).contains(&of_one), "{of_one}");
        },
    );
}

fn requests(steeple: &Steeple) -> u64 {
    let snapshot = steeple.registry().snapshot();
    let family = snapshot
        .family("http_server_requests_total")
        .expect("requests are counted");
    let series = family.series.iter();
    series.filter_map(|series| series.value.as_counter()).sum()
}

#[test]
fn instances_that_workers_build_and_drop_are_warned_about_and_listen_no_more() {
    isolated_with(
        "worker_instances::instances_that_workers_build_and_drop_are_warned_about_and_listen_no_more",
        // The default port may be somebody else's by then.
        &[("OTEL_EXPORTER_PROMETHEUS_PORT", OsStr::new("0"))],
        || {
            let warnings = Warnings::collect();
            let (tell, told) = mpsc::channel();
            let (address, server) = serve_at(move || {
                let steeple = Steeple::builder("workers").build().expect("a free port");
                tell.send(steeple.ops_addr())
                    .expect("the test waits for it");
                steeple.actix()
            });
            let visits = move || {
                visit_both_workers(address);
                for listener in told.iter().take(2) {
                    let refused = TcpStream::connect(listener.expect("it listened")).unwrap_err();
                    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
                }
            };
            let served = System::new().block_on(run_for(server, visits));
            served.expect("a plain server");
            assert_eq!(warnings.with(OF_WORKERS).len(), 1);
        },
    );
}

#[test]
fn instances_that_workers_build_for_one_ops_address_are_warned_about_and_refused() {
    isolated(
        "worker_instances::instances_that_workers_build_for_one_ops_address_are_warned_about_and_refused",
        || {
            let warnings = Warnings::collect();
            let ops_address = free_address().expect("a free port");
            let (tell, told) = mpsc::channel();
            let (_, server) = serve_at(move || {
                let built = Steeple::builder("workers")
                    .ops(move |ops| ops.address(ops_address))
                    .build();
                let observe = built.as_ref().ok().map(Steeple::actix);
                tell.send(built).expect("the test waits for it");
                observe.expect("a free address")
            });
            let served = System::new().block_on(run_for(server, || ()));
            served.expect_err("one worker cannot start");
            assert_eq!(warnings.with(OF_WORKERS).len(), 1);
            let built: Vec<_> = told.iter().collect();
            let [Ok(_), Err(refused)] = &built[..] else {
                panic!("one of two: {built:?}")
            };
            let cause = refused.source().expect("what went wrong").to_string();
            assert!(
                cause.starts_with(&format!("ops address {ops_address} is already in use")),
                "{cause}"
            );
        },
    );
}
