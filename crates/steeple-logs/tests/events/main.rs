//! What becomes of events of `tracing`.

mod captured;
mod ecs;
mod requests;
mod throttle;
