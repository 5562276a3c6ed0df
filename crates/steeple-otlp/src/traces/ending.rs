//! How what is observed ended, as its span tells it.

use steeple_core::{AttachedError, PanicReport, Recording};
use steeple_metrics::protobuf::push_string;

use crate::{
    fields::span,
    traces::span::{StatusCode, push_dropped, push_exception, push_link, push_status},
};

/// How a request or job ended.
pub(super) struct Ending<'a> {
    /// In nanoseconds since 1970.
    pub(super) ended: u64,
    /// Whether the service is to blame.
    pub(super) failed: bool,
    pub(super) panic: Option<&'a PanicReport>,
    pub(super) error: Option<&'a AttachedError>,
}

impl Ending<'_> {
    /// Writes what went wrong, and what happened before that.
    pub(super) fn push(&self, message: &mut Vec<u8>, recording: &Recording) {
        if !recording.trace_state().is_empty() {
            push_string(message, span::TRACE_STATE, recording.trace_state());
        }
        if let Some(link) = recording.span_link() {
            push_link(message, link);
        }
        message.extend_from_slice(recording.events());
        push_dropped(message, 0, recording.dropped_events());
        if let Some(panic) = self.panic {
            let location = panic.location.as_deref();
            push_exception(message, self.ended, Some("panic"), &panic.message, location);
        } else if let Some(error) = self.error {
            push_exception(message, self.ended, error.type_name, &error.message, None);
        }
        if self.failed {
            push_status(message, StatusCode::Error, self.description());
        }
    }

    /// What does not follow from the status that was answered.
    fn description(&self) -> &str {
        match (self.panic, self.error) {
            (Some(panic), _) => &panic.message,
            (None, Some(error)) => &error.message,
            (None, None) => "",
        }
    }
}
