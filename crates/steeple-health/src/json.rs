use std::{collections::BTreeMap, time::Duration};

use serde::{Serialize, Serializer};

use crate::{CheckSnapshot, CheckState, Criticality, HealthSnapshot, HealthStatus, time::rfc_3339};

/// The plain form, on one line. Messages are told only if they are `open`.
pub(crate) fn plain(health: &HealthSnapshot, open: bool) -> String {
    let checks = health.checks.iter();
    text(&Plain {
        status: health.status.as_str(),
        live: health.is_live,
        started: health.is_started,
        ready: health.is_ready,
        draining: health.is_draining,
        checks: checks
            .map(|check| (&*check.name, PlainCheck::of(check, open)))
            .collect(),
    })
}

/// The form of the [draft](https://datatracker.ietf.org/doc/html/draft-inadarei-api-health-check-06), on one line.
pub(crate) fn health_json(health: &HealthSnapshot, open: bool) -> String {
    let checks = health.checks.iter();
    text(&Draft {
        status: match health.status {
            HealthStatus::Healthy => "pass",
            HealthStatus::Degraded => "warn",
            HealthStatus::Unhealthy => "fail",
        },
        checks: checks
            .map(|check| {
                let name = format!("{}:responseTime", check.name);
                (name, [DraftCheck::of(check, open)])
            })
            .collect(),
    })
}

fn text(document: &impl Serialize) -> String {
    // Nothing in it can fail.
    serde_json::to_string(document).unwrap_or_default()
}

#[derive(Serialize)]
struct Plain<'a> {
    status: &'a str,
    live: bool,
    started: bool,
    ready: bool,
    draining: bool,
    #[serde(serialize_with = "in_order")]
    checks: Vec<(&'a str, PlainCheck<'a>)>,
}

#[derive(Serialize)]
struct PlainCheck<'a> {
    status: &'a str,
    probe: &'a str,
    criticality: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_run: Option<String>,
    last_success: Option<String>,
    failures_in_a_row: u32,
    last_error: Option<PlainError<'a>>,
}

#[derive(Serialize)]
struct PlainError<'a> {
    time: String,
    error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

impl<'a> PlainCheck<'a> {
    fn of(check: &'a CheckSnapshot, open: bool) -> Self {
        let last_failure = check.last_failure.as_ref();
        Self {
            status: check.state.as_str(),
            probe: check.probe.as_str(),
            criticality: check.criticality.as_str(),
            duration_ms: check.duration.map(milliseconds),
            last_run: check.last_run.map(rfc_3339),
            last_success: check.last_success.map(rfc_3339),
            failures_in_a_row: check.failures_in_a_row,
            last_error: last_failure.map(|(time, failure)| PlainError {
                time: rfc_3339(*time),
                error: failure.to_string(),
                message: failure.message().filter(|_| open),
            }),
        }
    }
}

#[derive(Serialize)]
struct Draft<'a> {
    status: &'a str,
    checks: BTreeMap<String, [DraftCheck<'a>; 1]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DraftCheck<'a> {
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    component_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    observed_value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    observed_unit: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
}

impl<'a> DraftCheck<'a> {
    fn of(check: &'a CheckSnapshot, open: bool) -> Self {
        let status = match (check.state, check.criticality) {
            (CheckState::Up, _) => "pass",
            (_, Criticality::Degrading) => "warn",
            (_, Criticality::Critical) => "fail",
        };
        let failure = check.last_failure.as_ref().map(|(_, failure)| failure);
        let output = failure.map(|failure| match failure.message().filter(|_| open) {
            Some(message) => format!("{failure}: {message}"),
            None => failure.to_string(),
        });
        Self {
            status,
            component_type: check.component,
            observed_value: check.duration.map(milliseconds),
            observed_unit: check.duration.map(|_| "ms"),
            time: check.last_run.map(rfc_3339),
            // The draft has none for what passes.
            output: output.filter(|_| status != "pass"),
        }
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1_000.0
}

/// As an object whose keys are in the order of the list.
fn in_order<S: Serializer, K: Serialize, V: Serialize>(
    entries: &[(K, V)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(entries.iter().map(|(key, value)| (key, value)))
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use crate::{Failure, Probe};

    use super::*;

    fn snapshot() -> HealthSnapshot {
        let up = CheckSnapshot {
            name: "database".to_owned(),
            probe: Probe::Readiness,
            state: CheckState::Up,
            criticality: Criticality::Critical,
            component: Some("datastore"),
            duration: Some(Duration::from_micros(1_250)),
            last_run: Some(UNIX_EPOCH),
            last_success: Some(UNIX_EPOCH),
            last_failure: None,
            failures_in_a_row: 0,
        };
        let down = CheckSnapshot {
            name: "ads".to_owned(),
            state: CheckState::Down,
            criticality: Criticality::Degrading,
            last_success: None,
            last_failure: Some((UNIX_EPOCH, Failure::Error("no \"user\"".to_owned()))),
            failures_in_a_row: 3,
            component: None,
            ..up.clone()
        };
        HealthSnapshot {
            status: HealthStatus::Degraded,
            is_live: true,
            is_started: true,
            is_ready: true,
            is_draining: false,
            checks: vec![up, down],
        }
    }

    #[test]
    fn the_plain_form_has_all_that_is_known_in_order() {
        assert_eq!(
            plain(&snapshot(), true),
            r#"{"status":"degraded","live":true,"started":true,"ready":true,"draining":false,"checks":{"#.to_owned()
                + r#""database":{"status":"up","probe":"readiness","criticality":"critical","duration_ms":1.25,"#
                + r#""last_run":"1970-01-01T00:00:00.000Z","last_success":"1970-01-01T00:00:00.000Z","failures_in_a_row":0,"last_error":null},"#
                + r#""ads":{"status":"down","probe":"readiness","criticality":"degrading","duration_ms":1.25,"#
                + r#""last_run":"1970-01-01T00:00:00.000Z","last_success":null,"failures_in_a_row":3,"#
                + r#""last_error":{"time":"1970-01-01T00:00:00.000Z","error":"failed","message":"no \"user\""}}}}"#
        );
    }

    #[test]
    fn the_form_of_the_draft_has_its_names() {
        assert_eq!(
            health_json(&snapshot(), true),
            r#"{"status":"warn","checks":{"ads:responseTime":[{"status":"warn","observedValue":1.25,"observedUnit":"ms","#.to_owned()
                + r#""time":"1970-01-01T00:00:00.000Z","output":"failed: no \"user\""}],"#
                + r#""database:responseTime":[{"status":"pass","componentType":"datastore","observedValue":1.25,"observedUnit":"ms","#
                + r#""time":"1970-01-01T00:00:00.000Z"}]}}"#
        );
    }

    #[test]
    fn messages_are_for_those_who_may_read_them() {
        for form in [plain, health_json] {
            assert!(form(&snapshot(), true).contains("user"));
            let closed = form(&snapshot(), false);
            assert!(
                !closed.contains("user") && closed.contains("failed"),
                "{closed}"
            );
        }
    }
}
