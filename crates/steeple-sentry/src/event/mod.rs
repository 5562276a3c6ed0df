//! Sentry's events, made of reports of errors. What is secret or personal in them is [taken out](crate::scrub) when they are sent.

mod exceptions;
mod place;
mod request;

use std::borrow::Cow;

use sentry_core::protocol::{Breadcrumb, Event, Level, Value, Values};
use steeple_core::errors::{
    self, Backtrace, ErrorKind, ErrorReport, FingerprintRule, Frame, Subject,
};

pub(crate) use self::place::{Place, ROUTE};

/// The event of a report, without what the client adds: release, environment, the scope of the process.
pub(crate) fn of_report(report: &ErrorReport) -> Event<'static> {
    let frames = report.backtrace.as_ref().map(Backtrace::frames);
    let frames = frames.unwrap_or_default();
    let fingerprint = fingerprint(report, &frames);
    let mut event = Event {
        level: level(report.kind),
        platform: "native".into(),
        timestamp: report.at,
        exception: exceptions::of(report, frames),
        fingerprint: fingerprint.into_iter().map(Into::into).collect(),
        ..Event::default()
    };
    Place::of_report(report).describe(&mut event);
    event
        .tags
        .entry("kind".to_owned())
        .or_insert_with(|| report.kind.to_string());
    if let Some(thread) = &report.thread {
        let thread = Value::String(thread.clone());
        event.extra.insert("thread".to_owned(), thread);
    }
    event
}

fn level(kind: ErrorKind) -> Level {
    match kind {
        ErrorKind::Panic => Level::Fatal,
        _ => Level::Error,
    }
}

/// What events are the same by: what the application says, or else what Sentry or [we](default) think.
fn fingerprint(report: &ErrorReport, frames: &[Frame]) -> Vec<String> {
    let calls = frames.iter().filter(|frame| frame.in_app);
    let calls = calls.flat_map(|frame| frame.function.iter().chain(&frame.file));
    let parts = |part: &String| match &**part {
        FingerprintRule::DEFAULT => default(report),
        own => vec![own.to_owned()],
    };
    match report.fingerprint(calls.map(String::as_str)) {
        [] => default(report),
        own => own.iter().flat_map(parts).collect(),
    }
}

/// Where there is no code to tell events apart by, what happened and to which route; else it is left to Sentry.
fn default(report: &ErrorReport) -> Vec<String> {
    let whose = match &report.subject {
        Subject::Request(request) => Some(format!("{} {}", request.method, request.route)),
        other => other.route().map(Cow::into_owned),
    };
    match whose {
        Some(whose) if report.backtrace.is_none() => {
            let error = report.error().type_name.as_deref().unwrap_or_default();
            vec![report.kind.to_string(), error.to_owned(), whose]
        }
        _ => vec![FingerprintRule::DEFAULT.to_owned()],
    }
}

fn breadcrumbs(scene: &errors::Scene) -> Values<Breadcrumb> {
    let crumb = |crumb: &errors::Breadcrumb| Breadcrumb {
        timestamp: crumb.at,
        category: Some(crumb.target.clone()),
        level: match crumb.level {
            tracing::Level::ERROR => Level::Error,
            tracing::Level::WARN => Level::Warning,
            tracing::Level::INFO => Level::Info,
            _ => Level::Debug,
        },
        message: Some(crumb.message.clone()),
        ..Breadcrumb::default()
    };
    scene.breadcrumbs().map(crumb).collect::<Vec<_>>().into()
}

#[cfg(test)]
mod tests;
