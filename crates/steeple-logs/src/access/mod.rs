//! One line for each request and job, from its record.

mod address;
mod builder;
mod clients;
mod combined;
mod common;
mod facts;
mod lines;
mod rooms;
mod sampling;
mod sink;
mod template;
mod value;

pub use self::{
    address::ClientAddress,
    builder::{AccessFormat, AccessLogBuilder},
    sink::AccessLog,
};

#[cfg(test)]
mod tests;
