//! What becomes of events of `tracing`.

mod captured;
mod ecs;
mod forging;
mod requests;
mod schema;
mod throttle;
