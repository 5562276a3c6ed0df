use metrics::{
    Counter, Gauge, Recorder, counter, describe_counter, describe_gauge, gauge, with_local_recorder,
};
use steeple_metrics::Registry;
use tokio::sync::OwnedSemaphorePermit;

const REQUESTS: &str = "steeple_ops_requests_total";
const REJECTED: &str = "steeple_ops_connections_rejected_total";
const SLOW_READERS: &str = "steeple_ops_slow_readers_total";
const SLOW_HEADERS: &str = "steeple_ops_slow_headers_total";
const ACCEPT_ERRORS: &str = "steeple_ops_accept_errors_total";
const ACTIVE_RENDERS: &str = "steeple_ops_active_renders";
const COALESCED: &str = "steeple_ops_coalesced_scrapes_total";

/// What the listener counts of itself, in the registry that it serves.
#[derive(Clone)]
pub(crate) struct Counts {
    registry: Registry,
}

impl Counts {
    pub(crate) fn new(registry: Registry) -> Self {
        let counts = Self { registry };
        counts.record(|| {
            describe_counter!(REQUESTS, "Requests answered by the ops listener.");
            describe_counter!(
                REJECTED,
                "Connections turned away because too many were open."
            );
            describe_counter!(
                SLOW_READERS,
                "Connections cut off because the client did not read."
            );
            describe_counter!(
                SLOW_HEADERS,
                "Connections cut off because a request took too long to begin."
            );
            describe_counter!(
                ACCEPT_ERRORS,
                "Connections that the system failed to accept."
            );
            for name in [REJECTED, SLOW_READERS, SLOW_HEADERS, ACCEPT_ERRORS] {
                counter!(name).absolute(0);
            }
        });
        counts
    }

    /// Counts one answered request; `path` is a route's path or a constant, never what was sent.
    pub(crate) fn request(&self, path: &'static str, status: u16) {
        self.record(|| {
            counter!(REQUESTS, "path" => path, "status" => status.to_string()).increment(1);
        });
    }

    pub(crate) fn rejected_connection(&self) {
        self.record(|| counter!(REJECTED).increment(1));
    }

    pub(crate) fn slow_reader(&self) {
        self.record(|| counter!(SLOW_READERS).increment(1));
    }

    pub(crate) fn slow_headers(&self) {
        self.record(|| counter!(SLOW_HEADERS).increment(1));
    }

    pub(crate) fn accept_error(&self) {
        self.record(|| counter!(ACCEPT_ERRORS).increment(1));
    }

    fn record(&self, record: impl FnOnce()) {
        record_into(&self.registry, record);
    }
}

/// What is counted of scrapes, by the listener and where the service is mounted.
pub(crate) struct ScrapeCounts {
    active: Gauge,
    coalesced: Counter,
}

impl ScrapeCounts {
    pub(crate) fn new(registry: &Registry) -> Self {
        record_into(registry, || {
            describe_gauge!(ACTIVE_RENDERS, "Answers to scrapes under way.");
            describe_counter!(
                COALESCED,
                "Scrapes that got the answer already under way to another client."
            );
            Self {
                active: gauge!(ACTIVE_RENDERS),
                coalesced: counter!(COALESCED),
            }
        })
    }

    /// Counts a render until what is returned is dropped, and keeps the permit for as long.
    pub(crate) fn active_render(&self, permit: OwnedSemaphorePermit) -> ActiveRender {
        self.active.increment(1.0);
        ActiveRender {
            active: self.active.clone(),
            _permit: permit,
        }
    }

    pub(crate) fn coalesced(&self) {
        self.coalesced.increment(1);
    }
}

/// One of the renders that there may be at a time.
pub(crate) struct ActiveRender {
    active: Gauge,
    _permit: OwnedSemaphorePermit,
}

impl Drop for ActiveRender {
    fn drop(&mut self) {
        self.active.decrement(1.0);
    }
}

fn record_into<T>(registry: &Registry, record: impl FnOnce() -> T) -> T {
    with_local_recorder(registry as &dyn Recorder, record)
}
