//! The classifiers of tower-http as outcome policy.

mod body;
mod future;
mod layer;
mod service;

use std::fmt::Display;

use steeple_core::current;

pub use self::{
    body::ClassifiedBody, future::ClassifyFuture, layer::ClassifyLayer, service::Classify,
};

/// Tells the current observation what a classifier says of the answer.
fn judge(classified: Result<(), impl Display>) {
    current::classified(classified.is_err());
    if let Err(class) = classified {
        current::attach_message(class);
    }
}
