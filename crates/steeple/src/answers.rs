//! What the ops listener answers besides metrics.

#[cfg(feature = "health")]
use steeple_health::Health;
use steeple_metrics::Registry;
use steeple_ops::{Ops, OpsBuilder};

use crate::doctor::Doctor;

/// Whoever is asked for it.
pub(crate) struct Answers {
    pub(crate) doctor: Doctor,
    #[cfg(feature = "errors")]
    pub(crate) errors: Option<steeple_errors::ErrorReader>,
    #[cfg(feature = "health")]
    pub(crate) health: Option<Health>,
    #[cfg(feature = "logs")]
    pub(crate) levels: Option<steeple_logs::Levels>,
}

impl Answers {
    /// Of an instance that observes nothing.
    pub(crate) fn of_disabled() -> Self {
        Self {
            doctor: Doctor::of_disabled(),
            #[cfg(feature = "errors")]
            errors: None,
            #[cfg(feature = "health")]
            health: None,
            #[cfg(feature = "logs")]
            levels: None,
        }
    }

    /// What is served, wherever it is.
    pub(crate) fn builder(&self, registry: &Registry) -> OpsBuilder {
        let doctor = self.doctor.clone();
        let ops = Ops::builder(registry.clone()).json(
            "/api/doctor",
            "what is wrong, and what to do about it, as JSON",
            move || doctor.clone().report(),
        );
        #[cfg(feature = "errors")]
        let ops = match &self.errors {
            Some(errors) => with_errors(ops, errors),
            None => ops,
        };
        #[cfg(feature = "health")]
        let ops = match &self.health {
            Some(health) => with_health(ops, health),
            None => ops,
        };
        #[cfg(feature = "logs")]
        let ops = match &self.levels {
            Some(levels) => ops.setting(
                "/log-level",
                "what is logged, as JSON; PUT changes it for 15 minutes",
                levels.endpoint(),
            ),
            None => ops,
        };
        ops
    }
}

#[cfg(feature = "errors")]
fn with_errors(ops: OpsBuilder, errors: &steeple_errors::ErrorReader) -> OpsBuilder {
    let (all, one) = (errors.clone(), errors.clone());
    ops.json("/api/errors", "the groups of errors, as JSON", move || {
        std::future::ready(all.groups_as_json())
    })
    .json_of(
        "/api/errors/{id}",
        "one of them, with its last errors",
        move |id| {
            let id = id.parse().ok();
            std::future::ready(id.and_then(|id| one.group_as_json(id)))
        },
    )
}

#[cfg(feature = "health")]
fn with_health(ops: OpsBuilder, health: &Health) -> OpsBuilder {
    ops.route("/livez", "ok while the process is live", health.probes())
        .route(
            "/readyz",
            "ok while requests may be sent to the service",
            health.probes(),
        )
        .route(
            "/startupz",
            "ok once the service has started",
            health.probes(),
        )
        .route(
            "/health",
            "what is known of each check, as JSON",
            health.details(),
        )
}
