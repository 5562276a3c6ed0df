//! Clients whose requests are observed.

mod body;
mod fields;
mod future;
mod layer;
mod service;

pub use self::{
    body::ClientBody, fields::inject, future::ClientFuture, layer::ClientLayer, service::Client,
};
