use std::time::{Duration, SystemTime};

use crate::{CheckState, Criticality, Failure};

/// How a service is, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthStatus {
    /// All checks are up.
    Healthy,
    /// Only checks that are not critical are not up.
    Degraded,
    /// It is not ready, or not live.
    Unhealthy,
}

impl HealthStatus {
    /// As it is written: `healthy`, `degraded` or `unhealthy`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }
}

/// Which question a check answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// Whether the process is beyond help.
    Liveness,
    /// Whether it is done with what it does once.
    Startup,
    /// Whether requests may be sent to it.
    Readiness,
}

impl Probe {
    /// As it is written: `liveness`, `startup` or `readiness`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Liveness => "liveness",
            Self::Startup => "startup",
            Self::Readiness => "readiness",
        }
    }
}

/// What is known of the health of a service.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HealthSnapshot {
    /// In one word.
    pub status: HealthStatus,
    /// What `/livez` says.
    pub is_live: bool,
    /// What `/startupz` says.
    pub is_started: bool,
    /// What `/readyz` says.
    pub is_ready: bool,
    /// Whether the service is to end, and therefore not ready.
    pub is_draining: bool,
    /// Of each check, in the order in which they were registered.
    pub checks: Vec<CheckSnapshot>,
}

/// What is known of one check.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CheckSnapshot {
    /// What it is called.
    pub name: String,
    /// Which question it answers.
    pub probe: Probe,
    /// Whether it is up.
    pub state: CheckState,
    /// What it means if it is not.
    pub criticality: Criticality,
    /// What it looks at, if that is told.
    pub component: Option<&'static str>,
    /// How long the last run took.
    pub duration: Option<Duration>,
    /// When the last run ended.
    pub last_run: Option<SystemTime>,
    /// When the last run that succeeded ended.
    pub last_success: Option<SystemTime>,
    /// When the last run that failed ended, and why it failed.
    pub last_failure: Option<(SystemTime, Failure)>,
    /// How many runs in a row failed, up to the last one.
    pub failures_in_a_row: u32,
}
