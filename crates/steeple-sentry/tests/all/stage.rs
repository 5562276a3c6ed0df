//! A service that fails.

use std::{io, time::Duration};

use steeple_core::{
    HttpVersion, Observation, Observer, RequestHead, ResponseHead, current, errors::ErrorSink as _,
};
use steeple_sentry::{RetryPolicy, Sentry, SentryBuilder};

use crate::stub::Stub;

pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// One that sends to a stub.
pub(crate) struct Stage {
    pub(crate) sentry: Sentry,
    pub(crate) observer: Observer,
}

impl Stage {
    pub(crate) fn new(stub: &Stub) -> Self {
        Self::with(stub, |sentry| sentry)
    }

    pub(crate) fn with(
        stub: &Stub,
        configure: impl FnOnce(SentryBuilder) -> SentryBuilder,
    ) -> Self {
        let retry = RetryPolicy::default().initial_backoff(Duration::from_millis(1));
        let sentry = Sentry::builder().dsn(&stub.dsn()).retry(retry).private();
        let sentry = configure(sentry).start().unwrap();
        let observer = sentry.connect(Observer::builder()).build().unwrap();
        Self { sentry, observer }
    }

    pub(crate) fn start(&self) -> Observation {
        self.start_at(Some("/orders/{id}"))
    }

    pub(crate) fn start_at(&self, route: Option<&str>) -> Observation {
        self.observer.start(&RequestHead {
            method: "GET",
            scheme: None,
            version: HttpVersion::Http11,
            route: route.map(Into::into),
            headers: &(),
            body_size: Some(0),
            details: &Default::default,
        })
    }

    /// A request that runs `handle` and is answered with `status`.
    pub(crate) fn request(&self, status: u16, handle: impl FnOnce()) {
        let mut observation = self.start();
        // A panic is answered as well.
        let _ = observation.run(handle);
        observation.respond(&ResponseHead {
            status,
            headers: &(),
            body_size: Some(0),
        });
    }

    /// Requests that fail by an attached error.
    pub(crate) fn fail(&self, times: usize) {
        for _ in 0..times {
            self.request(500, || current::attach(&io::Error::other("no stock")));
        }
    }

    /// What a dying process does.
    pub(crate) fn rescue(&self, deadline: Duration) {
        self.sentry.error_sink().rescue(deadline);
    }
}
