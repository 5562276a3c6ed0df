use steeple_core::pipeline::Scheduled;

use super::{RemoteWriteBuilder, sample::Sample};
use crate::handle::handle;

/// Writes a registry to what takes [Prometheus remote
/// write 1.0](https://prometheus.io/docs/specs/prw/remote_write_spec/): Prometheus itself, VictoriaMetrics, Mimir and others.
///
/// Its figures count values of series, a histogram as one. They are sent in the order in which they were taken, with the
/// time at which they were taken, also when the backend was away in between.
///
/// Dropping it writes a last time and blocks for at most [`drop_deadline`](RemoteWriteBuilder::drop_deadline), 1 s by
/// default; [`shutdown`](Self::shutdown) tells what became of it.
#[must_use = "dropping it ends it"]
pub struct RemoteWrite(Scheduled<Sample>);

impl RemoteWrite {
    /// Begins to configure writes to `url`, such as `http://127.0.0.1:9090/api/v1/write`.
    pub fn builder(url: &str) -> RemoteWriteBuilder {
        RemoteWriteBuilder::new(url.parse())
    }

    pub(super) fn new(scheduled: Scheduled<Sample>) -> Self {
        Self(scheduled)
    }
}

handle! {
    RemoteWrite,
    /// Writes, and waits for it for at most `deadline`. Works on every runtime.
    flush,
    /// Writes a last time, within `deadline`. Works on every runtime.
    shutdown
}
