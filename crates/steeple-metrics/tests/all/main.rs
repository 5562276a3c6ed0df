//! What users of the registry see: the facade, limits, text, snapshots and cost.

mod concurrency;
mod facade;
mod installation;
mod limits;
mod parser;
mod recording;
mod text;
