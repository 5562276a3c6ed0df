//! Harness shared by the tests over several crates.

pub mod backends;
pub mod hostile;
pub mod process;
pub mod waiting;
