use steeple_core::pipeline::Scheduled;

use super::{PushGatewayBuilder, exporter::Order};
use crate::handle::handle;

/// Pushes a registry to a [Pushgateway](https://github.com/prometheus/pushgateway), for jobs that end before a scrape.
///
/// Its figures count pushes; of those that wait, because the gateway does not answer, one is sent, with the newest values.
///
/// Dropping it pushes a last time and blocks for at most [`drop_deadline`](PushGatewayBuilder::drop_deadline), 1 s by
/// default; [`shutdown`](Self::shutdown) tells what became of it.
#[must_use = "dropping it ends it"]
pub struct PushGateway(Scheduled<Order>);

impl PushGateway {
    /// Begins to configure pushes to the gateway at `url`, such as `http://127.0.0.1:9091`: without the path of a group, which is
    /// made of [`job`](PushGatewayBuilder::job) and [`label`](PushGatewayBuilder::label).
    pub fn builder(url: &str) -> PushGatewayBuilder {
        PushGatewayBuilder::new(url.parse())
    }

    pub(super) fn new(scheduled: Scheduled<Order>) -> Self {
        Self(scheduled)
    }
}

handle! {
    PushGateway,
    /// Pushes, and waits for it for at most `deadline`. Works on every runtime.
    flush,
    /// Pushes a last time, or deletes the group, within `deadline`. Works on every runtime.
    shutdown
}
