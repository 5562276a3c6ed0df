//! What a scraper reads: the registry in the formats that Prometheus speaks.

mod escaping;
mod exemplar;
mod fields;
mod format;
mod head;
mod histogram_message;
mod label_text;
mod lines;
mod messages;
mod metric;
mod negotiation;
mod stream;
mod walk;

pub use self::{escaping::Escaping, format::Format, stream::Exposition};
pub(crate) use self::{metric::Metric, stream::text};
