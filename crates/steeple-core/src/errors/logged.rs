use std::{error::Error, sync::Arc};

use super::{ErrorKind, ErrorReport, Failure, courier, report::Facts};
use crate::{current, panic, record::AttachedError};

/// Reports an error that nothing fails by, or that happened outside of any request and job: with what caused it, where this was
/// called from, and `context`, names and values that the report can be searched by. It is logged, too.
///
/// Inside of a request or job the report has its identity. Outside of them it goes to the instance of the process.
///
/// ```
/// # fn refresh() -> Result<(), std::io::Error> { Ok(()) }
/// if let Err(error) = refresh() {
///     steeple_core::log_error(&error, &[("cache", "prices")]);
/// }
/// ```
pub fn log_error<E: Error + ?Sized>(error: &E, context: &[(&str, &str)]) {
    let observed = current::with(|state| state.reporter());
    let observer = observed.unwrap_or_else(courier::of_process);
    // The error prints itself before anything is taken up: its code may ask for what is current, too.
    let attached = AttachedError::of(error, observer.is_some());
    panic::quietly(
        || tracing::error!(target: "steeple::error", error = attached.message, "an error was reported"),
    );
    let Some(observer) = observer else {
        return;
    };
    let trace = current::trace();
    let facts = current::with(|state| Facts::of_current(state, &observer));
    let facts = facts.map_or_else(|| Facts::of_process(trace), |facts| facts.at(trace));
    let failure = Failure::error(ErrorKind::Logged, &attached);
    let mut report = ErrorReport::new(failure, facts, &observer.errors);
    for (name, value) in context {
        report.scene.tag(name, value);
    }
    observer.report(&Arc::new(report));
}
