//! Errors that a service groups itself: by what, how many, and what is left of them after the worst.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod endurance;
mod grouping;
mod killed;
mod shop;
