//! Observes every request of an axum router with steeple.
