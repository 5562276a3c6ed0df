//! What Sentry is told of services on axum and on actix-web.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod identity;
mod scopes;
mod service;
