//! [Prometheus remote write 1.0](https://prometheus.io/docs/specs/prw/remote_write_spec/).

mod builder;
mod collector;
mod encoder;
mod exporter;
mod fields;
mod handle;
mod native;
mod sample;
mod series;

pub use builder::RemoteWriteBuilder;
pub use handle::RemoteWrite;
