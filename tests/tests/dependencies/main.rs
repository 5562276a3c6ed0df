//! Checks of real databases. `cargo xtask test` fetches them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod mariadb;
mod overload;
mod postgres;
mod redis;
mod sqlite;
mod states;
