//! Requests.

use steeple_tests::backends::hey;

/// Requests whose traces are known beforehand.
const KNOWN: u64 = 20;
const LOAD: u64 = 2_000;

/// How many there are in all.
pub(super) const REQUESTS: u64 = LOAD + KNOWN;

/// Lets many requests come to the URLs of ten ids, and tells which of them are known by their traces.
pub(super) fn serve_load(url: impl Fn(u64) -> String) -> Vec<String> {
    for id in 0..10 {
        hey(&url(id), LOAD as u32 / 10, 10).unwrap();
    }
    let mut traces = Vec::new();
    for id in 0..KNOWN {
        let trace = format!("4bf92f3577b34da6a3ce929d{id:08x}");
        let asked = ureq::get(url(id))
            .header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"))
            .config()
            .http_status_as_error(false)
            .build()
            .call();
        asked.unwrap();
        traces.push(trace);
    }
    traces
}
