use http::{
    Method,
    header::{CONTENT_TYPE, HeaderName},
};
use steeple_core::pipeline::{ExportError, Exporter, Weigh};
use steeple_metrics::{Format, Registry};

use crate::client::Client;

/// What is to happen to the group at the gateway. Of those that wait together, the last one counts: a push has the values of
/// the time at which it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// It gets the registry's metrics.
    Push,
    /// It goes.
    Delete,
}

impl Weigh for Order {
    fn heap_bytes(&self) -> usize {
        0
    }
}

/// Carries out orders.
pub(super) struct GatewayExporter {
    pub(super) client: Client,
    pub(super) registry: Registry,
    /// PUT or POST.
    pub(super) push: Method,
}

impl Exporter<Order> for GatewayExporter {
    async fn export(&mut self, batch: &[Order]) -> Result<(), ExportError> {
        if batch.last() == Some(&Order::Delete) {
            const NONE: [(HeaderName, &str); 0] = [];
            return self.client.send(Method::DELETE, NONE, Vec::new()).await;
        }
        let text = self.registry.render().into_bytes();
        self.client
            .send(
                self.push.clone(),
                [(CONTENT_TYPE, Format::Text.content_type())],
                text,
            )
            .await
    }
}
