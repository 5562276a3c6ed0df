//! Sentry's events, made of reports of errors. What is secret or personal in them is [taken out](crate::scrub) when they are sent.

mod exceptions;
mod place;
mod request;

use sentry_core::protocol::{Breadcrumb, Event, Level, Value, Values};
use steeple_core::errors::{self, ErrorKind, ErrorReport, Subject};

pub(crate) use self::place::{Place, ROUTE};

/// The event of a report, without what the client adds: release, environment, the scope of the process.
pub(crate) fn of_report(report: &ErrorReport) -> Event<'static> {
    let mut event = Event {
        level: level(report.kind),
        platform: "native".into(),
        timestamp: report.at,
        exception: exceptions::of(report),
        ..Event::default()
    };
    if let Some(parts) = fingerprint(report) {
        event.fingerprint = parts.into_iter().map(Into::into).collect();
    }
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

/// What events are the same by: what the application says, and where there is no code to tell events apart by, what happened and
/// to which route. None leaves it to Sentry.
fn fingerprint(report: &ErrorReport) -> Option<Vec<String>> {
    let own = report.scene.fingerprint();
    if !own.is_empty() {
        return Some(own.to_vec());
    }
    if report.backtrace.is_some() {
        return None;
    }
    let error = report.error().type_name.as_deref().unwrap_or_default();
    let whose = match &report.subject {
        Subject::Request(request) => format!("{} {}", request.method, request.route),
        Subject::Job { kind, name, .. } => format!("{kind} {name}"),
        _ => return None,
    };
    Some(vec![report.kind.to_string(), error.to_owned(), whose])
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
