//! The listener over real sockets.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod client;
mod limits;
mod routes;
mod scrapes;
mod service;
mod settings;
mod shutdown;
mod start;

use std::{
    thread,
    time::{Duration, Instant},
};

use steeple_metrics::Registry;
use steeple_ops::{Ops, OpsBuilder};

const TOKEN: &str = "00112233445566778899aabbccddeeff";

/// A listener on a free loopback port.
fn ops() -> OpsBuilder {
    serving(&Registry::new())
}

fn serving(registry: &Registry) -> OpsBuilder {
    Ops::builder(registry.clone()).address(([127, 0, 0, 1], 0).into())
}

/// Somewhat more than 4 MiB of exposition, far more than the sockets of one connection hold.
fn large_registry() -> Registry {
    registry_of(4_200)
}

/// That much exposition, and some more.
fn registry_of(kilobytes: usize) -> Registry {
    let registry = Registry::new();
    let padding = "x".repeat(kilobytes * 1_000 / 1_500);
    metrics::with_local_recorder(&registry, || {
        for number in 0..1_500 {
            metrics::counter!("padding_total", "series" => format!("{number}-{padding}"))
                .increment(1);
        }
    });
    registry
}

/// Waits until `condition` holds.
#[track_caller]
fn eventually(mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !condition() {
        assert!(Instant::now() < deadline, "did not become true within 10 s");
        thread::sleep(Duration::from_millis(5));
    }
}
