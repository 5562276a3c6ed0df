use std::{
    cell::RefCell,
    sync::{Arc, OnceLock},
    thread,
    time::{Duration, Instant},
};

use sentry_core::{
    Envelope, Hub, Transport, TransportFactory, TransportOptions,
    client_report::{Reason, Recorder},
    protocol::{Transaction, Uuid},
};
use steeple_core::{
    current,
    errors::{ErrorReport, Subject},
    pipeline::{Accounting, DropReason, Producer},
};

use crate::{
    backoff::{Backoff, Category},
    finished::Finished,
    integration::routed,
    limiter::Limiter,
    parcel::{self, Parcel},
};

/// How many events and requests may wait for those that are over to be thrown in, too: no event waits for more of them.
const MOST_WAITING: u64 = 100;
/// How often a flush looks whether all has left.
const GLANCE: Duration = Duration::from_millis(5);

thread_local! {
    /// The event that is caught, while one is, and what the client made of it.
    static CATCH: RefCell<Option<(Uuid, Option<Envelope>)>> = const { RefCell::new(None) };
}

/// Where reports and envelopes are thrown in: the [transport](Transport) of the client. It does no I/O.
pub(crate) struct Mailbox {
    producer: Producer<Parcel>,
    limiter: Limiter,
    backoff: Arc<Backoff>,
    /// Whether each request has a hub of its own, which is current where it is reported.
    isolates: bool,
    /// By whom losses are told, once there is a client.
    recorder: OnceLock<Recorder>,
}

/// Makes a mailbox the transport of a client.
pub(crate) struct Opening(pub(crate) Arc<Mailbox>);

impl Mailbox {
    pub(crate) fn new(
        producer: Producer<Parcel>,
        limiter: Limiter,
        backoff: Arc<Backoff>,
        isolates: bool,
    ) -> Self {
        Self {
            producer,
            limiter,
            backoff,
            isolates,
            recorder: OnceLock::new(),
        }
    }

    /// Throws a report in, unless there were too many.
    pub(crate) fn report(&self, report: &Arc<ErrorReport>) {
        let Some(recorder) = self.recorder.get() else {
            return;
        };
        if self.admits_event() {
            let is_somebodys = !matches!(report.subject, Subject::Process);
            // What its scope says by now.
            let hub = (self.isolates && is_somebodys).then(|| Hub::new_from_top(Hub::current()));
            let parcel = Parcel::of_report(Arc::clone(report), hub, recorder.clone());
            self.producer.push(parcel);
        } else {
            self.producer.skip(DropReason::RateLimited);
            parcel::lose(recorder, Reason::RatelimitBackoff);
        }
    }

    /// Throws in a request that is over, unless too much waits.
    pub(crate) fn finished(&self, make: impl FnOnce() -> Finished) {
        let Some(recorder) = self.recorder.get() else {
            return;
        };
        let (dropped, lost) = if self.backoff.covers(Category::Transaction, Instant::now()) {
            (DropReason::RateLimited, Reason::RatelimitBackoff)
        } else if self.accounting().queued >= MOST_WAITING {
            (DropReason::QueueFull, Reason::QueueOverflow)
        } else {
            let parcel = Parcel::of_finished(make(), recorder.clone());
            return self.producer.push(parcel);
        };
        self.producer.skip(dropped);
        recorder.record_lost_data(&Transaction::default(), lost);
    }

    /// Counts a request that is over and not told of.
    pub(crate) fn unsampled(&self) {
        self.producer.skip(DropReason::Sampled);
    }

    /// Waits until all that was thrown in has left or is lost, and says whether that came in time.
    pub(crate) fn wait(&self, deadline: Duration) -> bool {
        let end = Instant::now() + deadline;
        while self.accounting().queued > 0 {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            thread::sleep(GLANCE.min(left));
        }
        true
    }

    pub(crate) fn accounting(&self) -> Accounting {
        self.producer.accounting()
    }

    fn admits_event(&self) -> bool {
        let now = Instant::now();
        !self.backoff.covers(Category::Error, now) && self.limiter.admits(now)
    }
}

/// The envelope of `event` that the client sends while `capture` runs. What else is captured meanwhile, as by the application's
/// `before_send`, is sent for itself.
pub(crate) fn caught(event: Uuid, capture: impl FnOnce()) -> Option<Envelope> {
    CATCH.set(Some((event, None)));
    capture();
    CATCH.take()?.1
}

/// Keeps an envelope that is caught on this thread; all others are given back.
fn catch(envelope: Envelope) -> Option<Envelope> {
    CATCH.with_borrow_mut(|catch| match catch {
        Some((event, caught)) if envelope.uuid() == Some(event) => {
            *caught = Some(envelope);
            None
        }
        _ => Some(envelope),
    })
}

fn has_items(envelope: &Envelope) -> bool {
    envelope.items().next().is_some()
}

impl Transport for Mailbox {
    fn send_envelope(&self, envelope: Envelope) {
        // What the client has nothing to put into is sent for the losses that it tells.
        if !has_items(&envelope) {
            return;
        }
        let (Some(envelope), Some(recorder)) = (catch(envelope), self.recorder.get()) else {
            return;
        };
        if envelope.event().is_none() {
            let parcel = Parcel::of_envelope(envelope, recorder.clone());
            self.producer.push(parcel);
        } else if self.admits_event() {
            let (producer, recorder) = (self.producer.clone(), recorder.clone());
            current::once_routed(move || {
                producer.push(Parcel::of_envelope(routed(envelope), recorder));
            });
        } else {
            self.producer.skip(DropReason::RateLimited);
            recorder.record_lost_data(&envelope, Reason::RatelimitBackoff);
        }
    }

    fn flush(&self, timeout: Duration) -> bool {
        self.wait(timeout)
    }
}

impl TransportFactory for Opening {
    fn create_transport_with_options(&self, options: TransportOptions) -> Arc<dyn Transport> {
        let Self(mailbox) = self;
        // The client is made once.
        let _ = mailbox.recorder.set(options.client_report_recorder);
        Arc::clone(mailbox) as Arc<dyn Transport>
    }
}
