//! Lines of ECS into a data stream of [Elasticsearch](https://www.elastic.co/docs/reference/elasticsearch/), or of what speaks
//! its protocol, by its [bulk API](https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk).
//!
//! ```
//! use steeple_logs::{Format, Logs, elasticsearch::Elasticsearch};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let elasticsearch = Elasticsearch::builder("http://127.0.0.1:9200").dataset("shop"); // into logs-shop-default
//! let logs = Logs::builder("shop").to(elasticsearch, Format::Ecs).start()?;
//! # drop(logs);
//! # Ok(())
//! # }
//! ```
//!
//! # What becomes of a line
//!
//! It is created with its [id](crate::LineId), so that one that is sent again, because nobody knows whether it arrived, is there
//! once: that it is there already (409) is success, as 2xx is. What else Elasticsearch says,
//!
//! - of a line, that it does not fit the mapping or is too large (4xx but for those below): the line is lost for good, counted as
//!   [`Rejected`](steeple_core::pipeline::DropReason::Rejected), and [set aside](ElasticsearchBuilder::rejects).
//! - of a line, that it cannot take it now (429, 5xx), or not from us (401, 403), or has no place for it (404): it alone is tried
//!   again, until the [`RetryPolicy`](steeple_core::pipeline::RetryPolicy) gives up.
//! - of a request, that it is too large (413) or wrong (400): it is sent in halves, down to single lines, and a line that fails so
//!   is lost as above.
//! - of a request, anything else, and no answer: its lines are tried again, after the pause that a `Retry-After` asks for. Also
//!   what asks for other credentials or another URL: those of the backend may change, and then nothing was lost.

mod answer;
mod builder;
mod data_stream;
mod delivery;
mod destination;
mod error;
mod exporter;
mod rejects;
mod template;

pub use self::{
    builder::ElasticsearchBuilder,
    error::ElasticsearchError,
    exporter::{BulkExporter, Elasticsearch},
    template::INDEX_TEMPLATE,
};
