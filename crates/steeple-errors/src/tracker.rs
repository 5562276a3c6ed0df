use std::{fmt, sync::Arc, time::Duration};

use steeple_core::pipeline::{Accounting, Pipeline, Report};

use crate::{
    ErrorTrackerBuilder, Figures, Group, GroupId, TrackerSink, api, lock, sink::Queued,
    store::Store, telemetry::Telemetry,
};

/// Groups the errors of a service in the service itself.
///
/// What is reported is in its group within half a second; a [`flush`](Self::flush) has it there at once. Dropping it counts what
/// waits, for at most a second.
#[must_use = "dropping it ends it"]
pub struct ErrorTracker {
    // It ends before the file is left to others.
    pipeline: Arc<Pipeline<Queued>>,
    _open: Open,
    sink: TrackerSink,
}

/// Leaves the file to others at the end, however many sinks and readers there are still.
struct Open(Arc<Store>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl ErrorTracker {
    /// Begins to configure one.
    pub fn builder() -> ErrorTrackerBuilder {
        ErrorTrackerBuilder::default()
    }

    pub(crate) fn new(pipeline: Pipeline<Queued>, store: Arc<Store>, telemetry: Telemetry) -> Self {
        let pipeline = Arc::new(pipeline);
        let open = Open(store.clone());
        let sink = TrackerSink {
            producer: pipeline.producer(),
            pipeline: Arc::downgrade(&pipeline),
            store,
            telemetry,
        };
        Self {
            pipeline,
            _open: open,
            sink,
        }
    }

    /// What an observer tells of its errors.
    #[must_use]
    pub fn sink(&self) -> TrackerSink {
        self.sink.clone()
    }

    /// What reads the groups, for as long as anybody asks.
    #[must_use]
    pub fn reader(&self) -> ErrorReader {
        ErrorReader(self.sink.store.clone())
    }

    /// All groups, the one that was seen last first.
    #[must_use]
    pub fn groups(&self) -> Vec<Group> {
        self.reader().groups()
    }

    /// The group of this id, if it is there still.
    #[must_use]
    pub fn group(&self, id: GroupId) -> Option<Group> {
        self.reader().group(id)
    }

    /// What became of groups and of their file.
    #[must_use]
    pub fn figures(&self) -> Figures {
        self.sink.store.figures()
    }

    /// What became of the reports: those that were grouped are `exported`.
    #[must_use]
    pub fn accounting(&self) -> Accounting {
        self.pipeline.accounting()
    }

    /// Groups, and writes, what was reported so far, for at most `deadline`. Works on every runtime.
    pub async fn flush(&self, deadline: Duration) -> Report {
        self.pipeline.flush(deadline).await
    }

    /// [`flush`](Self::flush) for code that is not async.
    pub fn flush_blocking(&self, deadline: Duration) -> Report {
        self.pipeline.flush_blocking(deadline)
    }

    /// Groups, and writes, what was reported so far, for at most `deadline`, and takes no more. Works on every runtime.
    pub async fn shutdown(self, deadline: Duration) -> Report {
        self.pipeline.shutdown(deadline).await
    }

    /// [`shutdown`](Self::shutdown) for code that is not async.
    pub fn shutdown_blocking(self, deadline: Duration) -> Report {
        self.pipeline.shutdown_blocking(deadline)
    }
}

impl fmt::Debug for ErrorTracker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorTracker")
            .field("accounting", &self.accounting())
            .field("figures", &self.figures())
            .finish_non_exhaustive()
    }
}

/// Reads the groups of an [`ErrorTracker`], as long as there are readers.
#[derive(Clone, Debug)]
pub struct ErrorReader(Arc<Store>);

impl ErrorReader {
    /// All groups, the one that was seen last first.
    #[must_use]
    pub fn groups(&self) -> Vec<Group> {
        let mut groups = lock(&self.0.groups).all();
        groups.reverse();
        groups
    }

    /// The group of this id, if it is there still.
    #[must_use]
    pub fn group(&self, id: GroupId) -> Option<Group> {
        lock(&self.0.groups).group(id)
    }

    /// All groups without their samples, as one line of JSON.
    #[must_use]
    pub fn groups_as_json(&self) -> String {
        api::groups(&self.groups(), &self.0.figures())
    }

    /// The group of this id with its samples, as one line of JSON.
    #[must_use]
    pub fn group_as_json(&self, id: GroupId) -> Option<String> {
        Some(api::group(&self.group(id)?))
    }
}
