use std::{
    cell::{Cell, RefCell},
    io::{self, Write},
    sync::Arc,
};

use sentry_core::{
    Envelope, Hub,
    client_report::{Reason, Recorder},
    protocol::{EnvelopeItem, Event, Transaction},
};
use steeple_core::{errors::ErrorReport, pipeline::Weigh};

use crate::finished::Finished;

/// What is on its way to Sentry. What is dropped on the way is told to Sentry with the next that arrives.
pub(crate) struct Parcel {
    content: RefCell<Content>,
    heap_bytes: usize,
    recorder: Recorder,
    lost_as: Cell<Option<Reason>>,
}

/// What a parcel holds.
pub(crate) enum Content {
    /// What is to become an event, and the hub whose scope is told with it, if that is known already.
    Report(Arc<ErrorReport>, Option<Hub>),
    /// What is to become a transaction.
    Finished(Box<Finished>),
    /// What the client made of what the application captured.
    Captured(Envelope),
    /// What is sent.
    Packed(Envelope),
    /// What there is nothing of any more.
    Nothing,
}

impl Parcel {
    pub(crate) fn of_report(
        report: Arc<ErrorReport>,
        hub: Option<Hub>,
        recorder: Recorder,
    ) -> Self {
        /// About how many bytes a scope holds: it cannot be seen.
        const SCOPE: usize = 16_384;
        let scope = if hub.is_some() { SCOPE } else { 0 };
        let heap_bytes = weight(&report) + scope;
        Self::new(Content::Report(report, hub), heap_bytes, recorder)
    }

    pub(crate) fn of_finished(finished: Finished, recorder: Recorder) -> Self {
        let heap_bytes = finished.heap_bytes();
        Self::new(Content::Finished(Box::new(finished)), heap_bytes, recorder)
    }

    pub(crate) fn of_envelope(envelope: Envelope, recorder: Recorder) -> Self {
        let mut counter = Counter(0);
        // Neither counting nor the types of Sentry fail; were it otherwise, it would be less.
        let _ = envelope.to_writer(&mut counter);
        Self::new(Content::Captured(envelope), counter.0, recorder)
    }

    fn new(content: Content, heap_bytes: usize, recorder: Recorder) -> Self {
        Self {
            content: RefCell::new(content),
            heap_bytes,
            recorder,
            lost_as: Cell::new(Some(Reason::QueueOverflow)),
        }
    }

    /// Replaces what it holds by what `make` makes of it.
    pub(crate) fn repack(&self, make: impl FnOnce(Content) -> Content) {
        let content = self.content.replace(Content::Nothing);
        let content = make(content);
        self.content.replace(content);
    }

    /// The envelope as it is sent, once it is packed.
    pub(crate) fn packed(&self) -> Option<Envelope> {
        match &*self.content.borrow() {
            Content::Packed(envelope) => Some(envelope.clone()),
            _ => None,
        }
    }

    /// Something of it is lost.
    pub(crate) fn loses(&self, item: &EnvelopeItem, reason: Reason) {
        self.recorder.record_lost_data(item, reason);
    }

    /// From now on it is lost for this reason, or settled if there is none.
    pub(crate) fn is_lost_as(&self, reason: Option<Reason>) {
        self.lost_as.set(reason);
    }
}

impl Drop for Parcel {
    fn drop(&mut self) {
        let Some(reason) = self.lost_as.get() else {
            return;
        };
        match self.content.get_mut() {
            // Making an event of it has failed, where there is nothing.
            Content::Report(..) | Content::Nothing => lose(&self.recorder, reason),
            Content::Finished(_) => {
                self.recorder
                    .record_lost_data(&Transaction::default(), reason);
            }
            Content::Captured(envelope) | Content::Packed(envelope) => {
                self.recorder.record_lost_data(envelope, reason);
            }
        }
    }
}

impl Weigh for Parcel {
    fn heap_bytes(&self) -> usize {
        self.heap_bytes
    }
}

/// Counts one event as lost.
pub(crate) fn lose(recorder: &Recorder, reason: Reason) {
    recorder.record_lost_data(&Event::default(), reason);
}

/// About how many bytes a report holds, and holds again as an event.
fn weight(report: &ErrorReport) -> usize {
    /// What a report has besides its texts: a backtrace, the head of a request.
    const REST: usize = 4_096;
    let causes = report.causes.iter().map(|cause| {
        let type_name = cause.type_name.as_deref().unwrap_or_default();
        cause.message.len() + type_name.len()
    });
    let crumbs = report.scene.breadcrumbs();
    let crumbs = crumbs.map(|crumb| crumb.message.len() + crumb.target.len());
    let tags = report.scene.tags();
    let tags = tags.map(|(name, value)| name.len() + value.len());
    REST + causes.chain(crumbs).chain(tags).sum::<usize>()
}

/// Counts what is written.
struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
