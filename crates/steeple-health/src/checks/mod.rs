//! Checks of what services commonly depend on.
//!
//! Each has connections of its own: none is taken from a pool of the application's, so that a pool that is used to its limit is no
//! database that is down, and a check that is given up leaves nothing behind there.

mod tcp;

pub use tcp::tcp;
