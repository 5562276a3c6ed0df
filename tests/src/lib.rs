//! Harness shared by the tests over several crates.
