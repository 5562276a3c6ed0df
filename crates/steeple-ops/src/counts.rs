use metrics::{Recorder, counter, describe_counter, with_local_recorder};
use steeple_metrics::Registry;

const REQUESTS: &str = "steeple_ops_requests_total";
const REJECTED: &str = "steeple_ops_connections_rejected_total";
const SLOW_READERS: &str = "steeple_ops_slow_readers_total";
const ACCEPT_ERRORS: &str = "steeple_ops_accept_errors_total";

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
                ACCEPT_ERRORS,
                "Connections that the system failed to accept."
            );
            for name in [REJECTED, SLOW_READERS, ACCEPT_ERRORS] {
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

    pub(crate) fn accept_error(&self) {
        self.record(|| counter!(ACCEPT_ERRORS).increment(1));
    }

    fn record(&self, record: impl FnOnce()) {
        with_local_recorder(&self.registry as &dyn Recorder, record);
    }
}
