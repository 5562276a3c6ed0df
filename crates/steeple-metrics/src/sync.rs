//! What threads share, from the standard library, or from [loom](https://docs.rs/loom) in a build with `--cfg loom`, whose
//! tests run through the orders in which threads may do what they do.

#[cfg(loom)]
pub(crate) use loom::{hint, sync::atomic};
#[cfg(not(loom))]
pub(crate) use std::{hint, sync::atomic};

/// Runs `scenario` in every order of events in which no more than three times a thread is held up for another.
#[cfg(all(test, loom))]
pub(crate) fn model(scenario: impl Fn() + Send + Sync + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(scenario);
}
