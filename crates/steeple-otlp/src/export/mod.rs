//! Sending what is queued.

mod answer;
mod exporter;
mod transport;

pub(crate) use {exporter::OtlpExporter, transport::Transport};
