use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};
use steeple_core::errors::ErrorKind;

use crate::store::Store;

const ERRORS: &str = "steeple_errors_total";
const GROUPS: &str = "steeple_error_groups";
const EVICTED: &str = "steeple_error_groups_evicted_total";
const LOST: &str = "steeple_error_records_lost_total";
const FAILED: &str = "steeple_error_writes_failed_total";

const KINDS: [ErrorKind; 6] = [
    ErrorKind::Panic,
    ErrorKind::Error,
    ErrorKind::Status,
    ErrorKind::BodyError,
    ErrorKind::TimedOut,
    ErrorKind::Logged,
];

/// The tracker's own metrics, of the recorder that was current when it was started.
#[derive(Clone, Debug)]
pub(crate) struct Telemetry {
    errors: [(ErrorKind, Counter); KINDS.len()],
    groups: Gauge,
    evicted: Counter,
    lost: Counter,
    failed: Counter,
}

impl Telemetry {
    pub(crate) fn new() -> Self {
        describe_counter!(
            ERRORS,
            "Failures that were reported, by what sort they are of."
        );
        describe_gauge!(GROUPS, "Groups of failures that are kept.");
        describe_counter!(
            EVICTED,
            "Groups of failures that there was no room for any more."
        );
        describe_counter!(LOST, "Records in the file of failures that were damaged.");
        describe_counter!(
            FAILED,
            "Attempts to write the file of failures that failed."
        );
        Self {
            errors: KINDS.map(|kind| (kind, counter!(ERRORS, "kind" => kind.as_str()))),
            groups: gauge!(GROUPS),
            evicted: counter!(EVICTED),
            lost: counter!(LOST),
            failed: counter!(FAILED),
        }
    }

    pub(crate) fn count(&self, kind: ErrorKind) {
        if let Some((_, errors)) = self.errors.iter().find(|(known, _)| *known == kind) {
            errors.increment(1);
        }
    }

    pub(crate) fn tell(&self, store: &Store) {
        let figures = store.figures();
        self.groups.set(figures.groups as f64);
        self.evicted.absolute(figures.evicted_groups);
        self.lost.absolute(figures.lost_records);
        self.failed.absolute(figures.failed_writes);
    }
}
