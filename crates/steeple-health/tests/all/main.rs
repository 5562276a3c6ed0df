//! Checks, and what is told of them, as an application and an orchestrator see them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
#[cfg(feature = "served-certificate")]
mod certificates;
mod checks;
mod failures;
#[cfg(feature = "tonic")]
mod grpc;
#[cfg(all(feature = "http", feature = "tls"))]
mod https;
mod metrics;
mod readiness;
mod runtimes;
mod single_flight;

use std::{
    thread,
    time::{Duration, Instant},
};

use futures_executor::block_on;
use steeple_core::ops::{OpsBody, OpsRequest, OpsResponse, OpsService};
use steeple_health::Check;

/// What guards against hanging for ever.
const PATIENCE: Duration = Duration::from_secs(20);

async fn up() -> Result<(), &'static str> {
    Ok(())
}

/// A check that is always up, however long the machine takes to find out.
fn well() -> Check {
    Check::new(up).timeout(PATIENCE)
}

async fn down() -> Result<(), &'static str> {
    Err("it is down")
}

/// Waits until `condition` holds.
#[track_caller]
fn eventually(mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "did not become true in time");
        thread::sleep(Duration::from_millis(2));
    }
}

fn get(service: &impl OpsService, path: &str) -> (u16, String) {
    let response = block_on(service.call(OpsRequest::new("GET", path)));
    (response.status(), body(response))
}

fn body(response: OpsResponse) -> String {
    match response.into_body() {
        OpsBody::Full(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
        OpsBody::Stream(_) => panic!("all at once"),
    }
}
