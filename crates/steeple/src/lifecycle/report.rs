use crate::{FlushReport, ShutdownError};

/// How a service ended, from [`Lifecycle::run`](super::Lifecycle::run).
#[derive(Debug)]
#[non_exhaustive]
pub struct LifecycleReport {
    /// Whether the server ended by itself, with all that it served; otherwise its time was over, or a second signal came.
    pub served_all: bool,
    /// What was delivered of what was recorded, and what was lost.
    pub flushed: Result<FlushReport, ShutdownError>,
}
