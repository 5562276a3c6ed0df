//! Which crate may know which: all arrows point to the foundation.

use super::report;
use crate::workspace::{Package, Workspace};

const BUILDER: &str = "steeple";
const FOUNDATION: &[&str] = &["steeple-core", "steeple-metrics"];
/// The foundation, and what sends: for those that have a pipeline to a backend.
const SENDING: &[&str] = &["steeple-client", "steeple-core", "steeple-metrics"];

/// What all may know in tests: it is not published, so that it makes no cycle.
const STUB: &str = "steeple-stub";

/// What each of our crates may know of the others. The builder, `steeple`, knows them all.
const ARROWS: &[(&str, &[&str])] = &[
    ("steeple-core", &[]),
    ("steeple-metrics", &[]),
    ("steeple-tower", &["steeple-core"]),
    ("steeple-axum", &["steeple-core", "steeple-tower"]),
    ("steeple-actix", &["steeple-core"]),
    ("steeple-reqwest", &["steeple-core", "steeple-tower"]),
    ("steeple-client", &["steeple-core"]),
    ("steeple-alerts", SENDING),
    ("steeple-db", FOUNDATION),
    ("steeple-errors", &["steeple-core"]),
    ("steeple-health", SENDING),
    ("steeple-logs", SENDING),
    ("steeple-ops", FOUNDATION),
    ("steeple-otlp", SENDING),
    ("steeple-push", SENDING),
    ("steeple-resources", FOUNDATION),
    ("steeple-sentry", SENDING),
];

/// Crates of others, by the beginning of their names, and the only ones of ours that may name them.
const CONFINED: &[(&str, &[&str])] = &[
    ("actix", &["steeple-actix"]),
    ("axum", &["steeple-axum"]),
    (
        "http",
        &[
            "steeple-axum",
            "steeple-client",
            "steeple-ops",
            "steeple-reqwest",
            "steeple-tower",
        ],
    ),
    ("hyper", &["steeple-client", "steeple-ops"]),
    ("opentelemetry", &["steeple-otlp"]),
    (
        "reqwest",
        &["steeple-reqwest", "steeple-alerts", "steeple-health"],
    ),
    ("sentry", &["steeple-sentry"]),
    ("tonic", &["steeple-health", "steeple-otlp"]),
    ("tower", &["steeple-axum", "steeple-tower"]),
    ("tracing-opentelemetry", &[]),
];

/// Checks the manifests of all crates.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let findings: Vec<String> = workspace.crates().flat_map(of_package).collect();
    report(&findings)
}

fn of_package(package: &Package) -> Vec<String> {
    let name = package.name.as_str();
    let known = ARROWS.iter().find(|(ours, _)| *ours == name);
    if known.is_none() && name != BUILDER {
        return vec![format!(
            "{name} is not in the table of xtask/src/rules/arrows.rs: say there what it may know"
        )];
    }
    package
        .dependencies
        .iter()
        .filter(|dependency| {
            let other = dependency.name.as_str();
            let allowed = if is_ours(other) {
                // A test's dependency on a crate above it would make publishing a cycle.
                known.is_none_or(|(_, known)| known.contains(&other))
                    || dependency.development && (other == STUB || FOUNDATION.contains(&other))
            } else {
                dependency.development || may_name(name, other)
            };
            !allowed
        })
        .map(|dependency| format!("{name} must not depend on {}", dependency.name))
        .collect()
}

fn is_ours(name: &str) -> bool {
    name == BUILDER || name.starts_with("steeple-")
}

fn may_name(ours: &str, other: &str) -> bool {
    CONFINED
        .iter()
        .all(|(family, homes)| !is_of_family(other, family) || homes.contains(&ours))
}

fn is_of_family(name: &str, family: &str) -> bool {
    name.strip_prefix(family)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
}

#[cfg(test)]
mod tests {
    use crate::workspace::Dependency;

    use super::*;

    fn findings(name: &str, normal: &[&str], development: &[&str]) -> Vec<String> {
        let dependencies = |names: &[&str], development| {
            names
                .iter()
                .map(move |&name| Dependency {
                    name: name.to_owned(),
                    development,
                })
                .collect::<Vec<_>>()
        };
        of_package(&Package {
            name: name.to_owned(),
            directory: "/crates".into(),
            features: [].into(),
            dependencies: [dependencies(normal, false), dependencies(development, true)].concat(),
        })
    }

    #[test]
    fn arrows_point_to_the_foundation() {
        assert_eq!(
            findings("steeple-axum", &["axum", "steeple-tower"], &[]),
            [""; 0]
        );
        assert_eq!(
            findings(
                "steeple-core",
                &["metrics", "steeple-axum"],
                &["steeple-tower"]
            ),
            [
                "steeple-core must not depend on steeple-axum",
                "steeple-core must not depend on steeple-tower"
            ]
        );
    }

    #[test]
    fn the_builder_knows_ours_but_no_confined_crate() {
        assert_eq!(
            findings("steeple", &["steeple-otlp", "opentelemetry_sdk"], &["axum"]),
            ["steeple must not depend on opentelemetry_sdk"]
        );
    }

    #[test]
    fn the_stub_is_for_tests_alone() {
        assert_eq!(findings("steeple-push", &[], &["steeple-stub"]), [""; 0]);
        assert_eq!(
            findings("steeple-push", &["steeple-stub"], &[]),
            ["steeple-push must not depend on steeple-stub"]
        );
    }

    #[test]
    fn a_family_ends_at_a_dash() {
        assert_eq!(
            findings("steeple-core", &["httpdate", "towering"], &["axum"]),
            [""; 0]
        );
        assert_eq!(
            findings("steeple-core", &["http-body"], &[]),
            ["steeple-core must not depend on http-body"]
        );
    }

    #[test]
    fn an_unknown_crate_is_asked_for() {
        assert!(findings("steeple-new", &[], &[])[0].contains("steeple-new is not in the table"));
    }
}
