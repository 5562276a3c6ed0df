//! One line for each request and job, from its record.

mod address;
mod builder;
mod combined;
mod common;
mod facts;
mod lines;
mod sampling;
mod sink;
mod template;

pub use self::{
    address::ClientAddress,
    builder::{AccessFormat, AccessLogBuilder},
    sink::AccessLog,
};

#[cfg(test)]
mod tests;
