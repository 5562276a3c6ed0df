use steeple_client::{
    Client,
    http::{HeaderValue, Method, header::CONTENT_TYPE},
};
use steeple_core::pipeline::{ExportError, Exporter, Weigh};
use steeple_metrics::{Format, Registry};

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
        let (method, headers, body) = if batch.last() == Some(&Order::Delete) {
            (Method::DELETE, None, Vec::new())
        } else {
            let text = HeaderValue::from_static(Format::Text.content_type());
            let body = self.registry.render().into_bytes();
            (self.push.clone(), Some((CONTENT_TYPE, text)), body)
        };
        self.client.send(method, headers, body).await.map(drop)
    }
}
