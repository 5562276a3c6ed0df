//! Requests of clients over real sockets, to a server that is observed too.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod calls;
mod redirects;
mod stage;
