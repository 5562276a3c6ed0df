//! The observability suite for Rust web services.
