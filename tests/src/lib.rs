//! Harness shared by the tests over several crates.

pub mod backends;
pub mod disk;
pub mod hostile;
pub mod process;
pub mod serving;
pub mod waiting;
pub mod warnings;
