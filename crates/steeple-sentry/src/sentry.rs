use std::{fmt, sync::Arc, time::Duration};

use sentry_core::{Client, Hub};
use steeple_core::{
    ObserverBuilder,
    pipeline::{Accounting, Scheduled},
};

use crate::{
    SentryBuilder, SentryReport, SentrySink,
    isolation::Hubs,
    mailbox::Mailbox,
    parcel::Parcel,
    requests::{Requests, Share},
    sessions::Sessions,
};

/// What sends to Sentry. Keep it for as long as the service runs.
///
/// Dropping it sends what is on its way for at most a second; [`shutdown`](Self::shutdown) tells what was lost.
#[must_use = "dropping it ends what sends to Sentry"]
pub struct Sentry {
    pub(crate) pipeline: Scheduled<Parcel>,
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) binding: Binding,
    /// Those of requests, if each has its own.
    pub(crate) hubs: Option<Hubs>,
    pub(crate) transactions: Option<Share>,
    pub(crate) sessions: Option<Arc<Sessions>>,
}

impl Sentry {
    /// Begins to configure.
    pub fn builder() -> SentryBuilder {
        SentryBuilder::new()
    }

    /// Has the observer that `builder` makes tell of its errors, and of what else was asked for: [transactions], [sessions], and the
    /// [scopes] of requests.
    ///
    /// [scopes]: SentryBuilder::isolate_scopes
    /// [transactions]: SentryBuilder::traces_sample_rate
    /// [sessions]: SentryBuilder::sessions
    pub fn connect(&self, builder: ObserverBuilder) -> ObserverBuilder {
        let mut builder = builder.error_sink(self.error_sink());
        if let Some(hubs) = self.hubs.clone() {
            builder = builder.scopes(move || hubs.new_scope());
        }
        if self.transactions.is_none() && self.sessions.is_none() {
            return builder;
        }
        builder.sink(Requests {
            mailbox: Arc::clone(&self.mailbox),
            transactions: self.transactions,
            sessions: self.sessions.clone(),
        })
    }

    /// What reports of errors are given to, for those that tell of nothing else.
    #[must_use]
    pub fn error_sink(&self) -> SentrySink {
        SentrySink(Arc::clone(&self.mailbox))
    }

    /// The client that `sentry::capture_message` and others use: to be bound to hubs of the application's own.
    #[must_use]
    pub fn client(&self) -> Arc<Client> {
        Arc::clone(&self.binding.client)
    }

    /// The figures at this moment, in events and what else is sent on its own. What the [sample rate](SentryBuilder::sample_rate)
    /// or [`before_send`](SentryBuilder::before_send) leave out is [filtered](steeple_core::pipeline::DropReason::Filtered); requests that no
    /// [transaction](SentryBuilder::traces_sample_rate) is to be sent of are [sampled](steeple_core::pipeline::DropReason::Sampled).
    #[must_use]
    pub fn accounting(&self) -> Accounting {
        self.pipeline.accounting()
    }

    /// Sends what is on its way, for at most `deadline`. Works on every runtime.
    pub async fn flush(&self, deadline: Duration) -> SentryReport {
        let (before, mailbox) = (self.accounting(), Arc::clone(&self.mailbox));
        let report = self.pipeline.flush(deadline).await;
        SentryReport::new(report, &before, &mailbox.accounting())
    }

    /// [`flush`](Self::flush) for code that is not async.
    pub fn flush_blocking(&self, deadline: Duration) -> SentryReport {
        let (before, mailbox) = (self.accounting(), Arc::clone(&self.mailbox));
        let report = self.pipeline.flush_blocking(deadline);
        SentryReport::new(report, &before, &mailbox.accounting())
    }

    /// Ends: sends what is on its way, for at most `deadline`, and counts the rest as lost. Works on every runtime.
    pub async fn shutdown(self, deadline: Duration) -> SentryReport {
        let (before, mailbox) = (self.accounting(), Arc::clone(&self.mailbox));
        let report = self.pipeline.shutdown(deadline).await;
        SentryReport::new(report, &before, &mailbox.accounting())
    }

    /// [`shutdown`](Self::shutdown) for code that is not async.
    pub fn shutdown_blocking(self, deadline: Duration) -> SentryReport {
        let (before, mailbox) = (self.accounting(), Arc::clone(&self.mailbox));
        let report = self.pipeline.shutdown_blocking(deadline);
        SentryReport::new(report, &before, &mailbox.accounting())
    }
}

impl fmt::Debug for Sentry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sentry").field(&self.accounting()).finish()
    }
}

/// Keeps a client bound to the hubs of the process.
pub(crate) struct Binding {
    pub(crate) client: Arc<Client>,
    hubs: Vec<Arc<Hub>>,
}

impl Binding {
    /// To the main hub, from which those of threads to come are made, and to that of this thread, unless the application has bound
    /// a client of its own.
    pub(crate) fn to_process(client: Arc<Client>) -> Self {
        let free = |hub: &Arc<Hub>| hub.client().is_none();
        let hubs: Vec<_> = [Hub::main(), Hub::current()]
            .into_iter()
            .filter(free)
            .collect();
        if hubs.is_empty() {
            tracing::warn!(
                "the application has a client of Sentry's of its own, which keeps what it captures itself: leave out \
                 `sentry::init`, and that has the identity of its request"
            );
        }
        for hub in &hubs {
            hub.bind_client(Some(Arc::clone(&client)));
        }
        Self { client, hubs }
    }

    pub(crate) fn none(client: Arc<Client>) -> Self {
        let hubs = Vec::new();
        Self { client, hubs }
    }
}

impl Drop for Binding {
    fn drop(&mut self) {
        for hub in &self.hubs {
            let is_ours = |client: &Arc<Client>| Arc::ptr_eq(client, &self.client);
            if hub.client().as_ref().is_some_and(is_ours) {
                hub.bind_client(None);
            }
        }
    }
}
