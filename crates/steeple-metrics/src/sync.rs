//! Atomics, which [loom](https://docs.rs/loom) replaces in its build (`--cfg loom`) to try every order of events.

#[cfg(loom)]
pub(crate) use loom::sync::atomic;
#[cfg(not(loom))]
pub(crate) use std::sync::atomic;
