use std::{fmt, time::Duration};

use steeple_core::pipeline::Accounting;

use super::{PushGatewayBuilder, exporter::Order};
use crate::{PushReport, schedule::Schedule};

/// Pushes a registry to a [Pushgateway](https://github.com/prometheus/pushgateway), for jobs that end before a scrape.
///
/// Its figures count pushes; of those that wait, because the gateway does not answer, one is sent, with the newest values.
///
/// Dropping it pushes a last time and blocks for at most [`drop_deadline`](PushGatewayBuilder::drop_deadline), 1 s by
/// default; [`shutdown`](Self::shutdown) tells what became of it.
#[must_use = "dropping it ends it"]
pub struct PushGateway(Schedule<Order>);

impl PushGateway {
    /// Begins to configure pushes to the gateway at `url`, such as `http://127.0.0.1:9091`.
    pub fn builder(url: &str) -> PushGatewayBuilder {
        PushGatewayBuilder::new(url.parse())
    }

    pub(super) fn new(schedule: Schedule<Order>) -> Self {
        Self(schedule)
    }

    /// The figures at this moment.
    #[must_use]
    pub fn accounting(&self) -> Accounting {
        self.0.accounting()
    }

    /// Pushes, and waits for it for at most `deadline`. Works on every runtime.
    pub async fn flush(&self, deadline: Duration) -> PushReport {
        self.0.flush(deadline).await
    }

    /// [`flush`](Self::flush) for code that is not async.
    pub fn flush_blocking(&self, deadline: Duration) -> PushReport {
        self.0.flush_blocking(deadline)
    }

    /// Pushes a last time, or deletes the group, within `deadline`. Works on every runtime.
    pub async fn shutdown(self, deadline: Duration) -> PushReport {
        self.0.shutdown(deadline).await
    }

    /// [`shutdown`](Self::shutdown) for code that is not async.
    pub fn shutdown_blocking(self, deadline: Duration) -> PushReport {
        self.0.shutdown_blocking(deadline)
    }
}

impl fmt::Debug for PushGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PushGateway")
            .field(&self.accounting())
            .finish()
    }
}
