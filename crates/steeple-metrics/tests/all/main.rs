//! What users of the registry see: the facade, limits, text, snapshots and cost.

mod builder;
mod concurrency;
mod facade;
mod formats;
mod installation;
mod limits;
mod lint;
mod native;
mod open_metrics;
mod parser;
mod protobuf;
mod recording;
mod rendering;
mod schema;
mod summaries;
mod text;
