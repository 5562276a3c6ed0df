//! Reports of real failures, for tests.

use std::sync::{Arc, mpsc};

use steeple_core::{
    Observer, ObserverBuilder, current,
    errors::{ErrorReport, FingerprintRule},
};

use crate::{Group, fingerprint, users::UserKey};

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Failure(pub(crate) String);

/// That of a job called `name` that fails by an error that says `message`, told by `tell` more of.
pub(crate) fn report(name: &'static str, message: &str, tell: impl FnOnce()) -> Arc<ErrorReport> {
    report_by([], name, message, tell)
}

/// The same, of an observer with these rules.
pub(crate) fn report_by(
    rules: impl IntoIterator<Item = FingerprintRule>,
    name: &'static str,
    message: &str,
    tell: impl FnOnce(),
) -> Arc<ErrorReport> {
    let (reports, reported) = mpsc::channel();
    let sink = move |report: &Arc<ErrorReport>| drop(reports.send(report.clone()));
    let builder = Observer::builder().error_sink(sink);
    let builder = rules
        .into_iter()
        .fold(builder, ObserverBuilder::fingerprint_rule);
    let observer = builder.build().unwrap();
    observer.observe("job", name).run(|| {
        tell();
        current::attach(&Failure(message.to_owned()));
    });
    reported.recv().unwrap()
}

/// What is counted of that one.
pub(crate) fn counted(report: &ErrorReport, key: UserKey) -> Group {
    let mut group = Group::of(fingerprint::of(report, &[]), report, &[]);
    group.count(report, key);
    group.show(report, Arc::default());
    group
}
