//! Prometheus' own checker.

use super::{BackendError, program::output_of};

/// Lets `promtool check metrics` read and lint an exposition in the text format 0.0.4.
///
/// # Errors
///
/// When promtool is not here, or finds anything.
pub fn check_metrics(exposition: &str) -> Result<(), BackendError> {
    output_of("promtool", &["check", "metrics"], exposition).map(|_| ())
}
