//! An instance, a server of the service, and a client.

use std::cell::RefCell;

use http::Version;
use steeple::{core::GrpcStatus, metrics::Snapshot};

use crate::{
    adapter::{Adapter, Setup},
    grpc::{
        client::{Call, Client, Ended},
        expected,
    },
    histograms,
    records::{Full, Seen},
};

const CALLS: &str = "rpc_server_call_duration_seconds";

pub(super) struct Stage<'a, A> {
    adapter: &'a A,
    pub(super) inner: crate::stage::Stage,
    client: RefCell<Client>,
}

impl<'a, A: Adapter> Stage<'a, A> {
    pub(super) fn new(adapter: &'a A) -> Self {
        Self::with(adapter, Setup::Once)
    }

    pub(super) fn with(adapter: &'a A, setup: Setup) -> Self {
        let inner = crate::stage::Stage::with(adapter, setup);
        let client = RefCell::new(Client::connect(inner.address()));
        Self {
            adapter,
            inner,
            client,
        }
    }

    /// Begins a call of a method of the fixture.
    pub(super) fn begin(&self, method: &str) -> Call {
        self.begin_at(&format!("/conformance.Fixture/{method}"), &[])
    }

    pub(super) fn begin_at(&self, path: &str, headers: &[(&str, &str)]) -> Call {
        self.client.borrow().call(path, headers)
    }

    /// Calls a method of the fixture with one message.
    pub(super) fn call(&self, method: &str) -> Ended {
        self.begin(method).send("hello").half_close().end()
    }

    /// Replaces the client, which goes away with all of its calls.
    pub(super) fn leave(&self) {
        self.client
            .replace(Client::connect(self.inner.address()))
            .leave();
    }

    /// The next record is `expected`, there is no other, and the metrics agree.
    pub(super) fn settles(&self, expected: Seen) -> Full {
        self.settles_as(|_| expected)
    }

    /// As [`settles`](Self::settles), where only the server knows how far it came.
    pub(super) fn settles_as(&self, expected: impl FnOnce(&Seen) -> Seen) -> Full {
        let full = self.inner.records.next();
        let expected = expected::as_seen_by(self.adapter, expected(&full.seen));
        assert_eq!(full.seen, expected);
        assert_eq!(
            self.call("Last").status.0.as_deref(),
            Some("6"),
            "the service goes on"
        );
        let last = self.inner.records.next();
        let status = last.seen.rpc.as_ref().map(|(_, status)| *status);
        assert_eq!(status, Some(GrpcStatus::AlreadyExists), "no further record");
        assert_eq!(self.inner.total("http_server_requests_total"), 2);
        let snapshot = self.inner.steeple.registry().snapshot();
        let records = [&full, &last];
        histograms::agree(&snapshot, &records, Version::HTTP_2);
        for record in records {
            call_agrees(&snapshot, record);
        }
        let calls = records.iter().filter(|record| record.seen.rpc.is_some());
        assert_eq!(self.inner.histogram(CALLS).0, calls.count() as u64);
        let failures = u64::from(expected.error_type.is_some());
        assert_eq!(self.inner.total("http_server_errors_total"), failures);
        assert_eq!(self.inner.active(), 0.0);
        full
    }
}

/// The histogram of calls holds what `record` says, if it is of one.
fn call_agrees(snapshot: &Snapshot, record: &Full) {
    let seen = &record.seen;
    let Some((method, status)) = &seen.rpc else {
        return;
    };
    let mut labels = vec![
        ("rpc_system_name", "grpc"),
        ("rpc_method", method.as_str()),
        ("rpc_status_code", status.as_str()),
    ];
    labels.extend(
        seen.error_type
            .as_deref()
            .map(|error| ("error_type", error)),
    );
    let duration = record.duration.as_secs_f64();
    histograms::holds(snapshot, CALLS, &labels, &[duration]);
}
