use std::{
    sync::{Arc, OnceLock},
    time::{Instant, SystemTime},
};

use sentry_core::{
    Envelope, Hub,
    client_report::Reason,
    protocol::{EnvelopeFilterCallbacks, EnvelopeItem},
};
use steeple_client::{
    Client,
    http::{HeaderValue, Method, StatusCode, header::CONTENT_TYPE},
};
use steeple_core::{
    errors::ErrorReport,
    pipeline::{DropReason, ExportError, Exporter},
};

use crate::{
    backoff::{Backoff, Category},
    event,
    finished::Finished,
    isolation::Hubs,
    mailbox,
    parcel::{Content, Parcel},
    scrub::Scrubber,
    wire,
};

const ENVELOPE: HeaderValue = HeaderValue::from_static("application/x-sentry-envelope");

/// Makes events of reports and sends all to Sentry, on the thread of the pipeline.
pub(crate) struct Post {
    pub(crate) client: Client,
    pub(crate) backoff: Arc<Backoff>,
    pub(crate) clerk: Arc<Clerk>,
}

/// Makes envelopes of what is thrown in.
pub(crate) struct Clerk {
    /// Whose settings count, once they are there.
    pub(crate) hubs: OnceLock<Hubs>,
}

impl Clerk {
    /// The event of a report, with what the client adds, unless it leaves the event out.
    fn event_of(&self, report: &ErrorReport, hub: Option<Hub>) -> Option<Envelope> {
        let hubs = self.hubs.get()?;
        let hub = hub.unwrap_or_else(|| hubs.new_hub());
        hub.bind_client(Some(Arc::clone(&hubs.client)));
        let event = event::of_report(report);
        mailbox::caught(event.event_id, || {
            hub.capture_event(event);
        })
    }

    /// The transaction of a request that is over.
    fn transaction_of(&self, finished: &Finished) -> Option<Envelope> {
        let hubs = self.hubs.get()?;
        let mut envelope = Envelope::new();
        envelope.add_item(finished.transaction(hubs.client.options()));
        Some(envelope)
    }
}

impl Post {
    fn pack(&self, scrubber: &Scrubber, content: Content) -> Content {
        let envelope = match content {
            Content::Report(report, hub) => self.clerk.event_of(&report, hub),
            Content::Finished(finished) => self.clerk.transaction_of(&finished),
            Content::Captured(envelope) => Some(envelope),
            packed => return packed,
        };
        envelope.map_or(Content::Nothing, |envelope| {
            Content::Packed(scrubber.envelope(envelope))
        })
    }

    /// Leaves out what the backend wants none of now.
    fn hold_back(&self, parcel: &Parcel, content: Content) -> Content {
        let Content::Packed(envelope) = content else {
            return content;
        };
        let now = Instant::now();
        let headers = envelope.headers().clone();
        let wanted = EnvelopeFilterCallbacks::new(
            |item: &EnvelopeItem| {
                Category::of(item).is_none_or(|category| !self.backoff.covers(category, now))
            },
            |item| parcel.loses(&item, Reason::RatelimitBackoff),
        );
        envelope.filter(wanted).map_or(Content::Nothing, |wanted| {
            Content::Packed(wanted.with_headers(headers))
        })
    }

    async fn send(&self, parcel: &Parcel, envelope: Envelope) -> Result<(), ExportError> {
        let headers = envelope.headers().clone();
        let envelope = envelope.with_headers(headers.with_sent_at(SystemTime::now()));
        let body = wire::write(&envelope).map_err(|error| {
            parcel.is_lost_as(Some(Reason::InternalError));
            ExportError::permanent(error)
        })?;
        parcel.is_lost_as(Some(Reason::NetworkError));
        let headers = [(CONTENT_TYPE, ENVELOPE)];
        let answer = self.client.exchange(Method::POST, headers, body).await?;
        self.backoff
            .learn(answer.status(), answer.headers(), Instant::now());
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            // Sentry has counted it.
            parcel.is_lost_as(None);
            let reason = DropReason::RateLimited;
            return Err(ExportError::LeftOut { reason });
        }
        let judged = self.client.judge(answer);
        parcel.is_lost_as(judged.is_err().then_some(Reason::SendError));
        judged.map(drop)
    }
}

/// The exporter of a pipeline.
pub(crate) struct Courier {
    pub(crate) post: Arc<Post>,
    pub(crate) scrubber: Scrubber,
}

impl Exporter<Parcel> for Courier {
    /// Batches are of one parcel each, so that each is tried again for itself.
    async fn export(&mut self, batch: &[Parcel]) -> Result<(), ExportError> {
        for parcel in batch {
            // What is left out here is counted.
            let left_out = |reason| {
                parcel.is_lost_as(None);
                Err(ExportError::LeftOut { reason })
            };
            parcel.is_lost_as(Some(Reason::InternalError));
            parcel.repack(|content| self.post.pack(&self.scrubber, content));
            if parcel.packed().is_none() {
                return left_out(DropReason::Filtered);
            }
            parcel.repack(|content| self.post.hold_back(parcel, content));
            let Some(envelope) = parcel.packed() else {
                return left_out(DropReason::RateLimited);
            };
            self.post.send(parcel, envelope).await?;
        }
        Ok(())
    }
}
