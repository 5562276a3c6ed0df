//! Pushing to a [Pushgateway](https://github.com/prometheus/pushgateway), which Prometheus scrapes.

mod builder;
mod exporter;
mod handle;
mod path;

pub use builder::PushGatewayBuilder;
pub use handle::PushGateway;
