//! [OTLP/JSON](https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding), from what was encoded as protobuf.

mod schema;
mod transcoder;

pub(crate) use transcoder::request;
