use std::sync::Arc;

use steeple_core::{
    errors::{ErrorReport, Subject},
    pipeline::{ExportError, Exporter},
};
use tracing_core::Level;

use super::{
    failure::{Chain, put_error, whole_message},
    frames::KnownFrames,
    sink::Reported,
};
use crate::{
    encode::{Fields, Line, Scalar, field},
    place, redact,
    shared::Shared,
};

/// Who says it.
const LOGGER: &str = "steeple::errors";

/// Makes lines of reports, on the thread of the pipeline.
pub(super) struct ErrorLines {
    shared: Arc<Shared>,
    frames: KnownFrames,
}

impl ErrorLines {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            frames: KnownFrames::default(),
        }
    }

    fn write(&mut self, Reported { at, report }: &Reported) {
        let Shared {
            redaction,
            volume,
            writers,
            ..
        } = &*self.shared;
        let chain = Chain::of_report(report);
        let backtrace = report.backtrace.as_ref();
        let frames = backtrace.map(|backtrace| self.frames.of(backtrace));
        let (mut fields, mut room) = (Fields::default(), String::new());
        put_subject(&mut fields, report);
        fields.put("error_kind", Scalar::Text(report.kind.as_str()));
        for (name, value) in report.scene.tags() {
            let is_secret = redaction.names_a_secret(name);
            let value = redact::scalar(redaction, is_secret, Scalar::Text(value), &mut room);
            fields.put(name, value);
        }
        let frames = frames.as_deref().unwrap_or_default();
        put_error(&mut fields, chain, frames, redaction, &mut room);
        let message = whole_message(chain);
        let message = redaction.text(&message, &mut room);
        volume.line(Level::ERROR);
        writers.write(*at, Level::ERROR, LOGGER, |line| {
            tell_location(line, report);
            line.text(field::MESSAGE, message);
            if let Some(thread) = report.thread.as_deref().filter(|_| line.tells_origin()) {
                line.text(field::PROCESS_THREAD_NAME, thread);
            }
            if let Some(trace) = &report.trace {
                place::tell(line, trace);
            }
            line.fields(&fields);
        });
    }
}

impl Exporter<Reported> for ErrorLines {
    async fn export(&mut self, batch: &[Reported]) -> Result<(), ExportError> {
        batch.iter().for_each(|reported| self.write(reported));
        Ok(())
    }
}

/// Tells what failed. Statuses are told by the lines of requests alone, so that who counts them counts requests.
fn put_subject(fields: &mut Fields, report: &ErrorReport) {
    let id = report.request_id.as_ref().map(|id| id.as_str());
    match &report.subject {
        Subject::Request(request) => {
            if let Some(id) = id {
                fields.put_ours(field::HTTP_REQUEST_ID, Scalar::Text(id));
            }
            fields.put("http.request.method", Scalar::Text(&request.method));
            if let Some(route) = request.known_route() {
                fields.put("http.route", Scalar::Text(route));
            }
        }
        Subject::Job { kind, name, .. } => {
            place::put_job(fields, id.unwrap_or_default(), kind, name)
        }
        _ => {}
    }
}

/// Tells where a panic is in the code: `src/cart.rs:7:5`.
fn tell_location(line: &mut Line<'_>, report: &ErrorReport) {
    let mut parts = report.location.iter().flat_map(|at| at.rsplitn(3, ':'));
    let (_column, number, file) = (parts.next(), parts.next(), parts.next());
    let number = number.and_then(|number| number.parse().ok());
    if let (true, Some(file), Some(number)) = (line.tells_origin(), file, number) {
        line.text(field::LOG_ORIGIN_FILE_NAME, file);
        line.unsigned(field::LOG_ORIGIN_FILE_LINE, number);
    }
}
