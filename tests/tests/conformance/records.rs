//! What the sink of a test saw.

use std::{
    sync::mpsc::{self, Receiver},
    time::Duration,
};

use steeple::{
    Label, Outcome, RequestRecord, RoutePolicy, Steeple,
    core::{GrpcStatus, ObserverBuilder},
};

use crate::reports::Reports;

const PATIENCE: Duration = Duration::from_secs(10);

/// A record, without what differs from run to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) route: String,
    pub(crate) status: Option<u16>,
    pub(crate) outcome: Outcome,
    pub(crate) error_type: Option<String>,
    pub(crate) request_size: Option<u64>,
    pub(crate) request_broken: bool,
    pub(crate) response_size: u64,
    /// Method and status of a gRPC call.
    pub(crate) rpc: Option<(String, GrpcStatus)>,
    pub(crate) upgraded: bool,
    pub(crate) streaming: bool,
    pub(crate) panic: Option<String>,
    pub(crate) error: Option<String>,
}

/// A record with what differs.
#[derive(Debug)]
pub(crate) struct Full {
    pub(crate) seen: Seen,
    pub(crate) request_id: String,
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
    pub(crate) parent_span_id: Option<String>,
    pub(crate) sampled: bool,
    pub(crate) duration: Duration,
    pub(crate) head_duration: Option<Duration>,
}

pub(crate) struct Records {
    settled: Receiver<Full>,
    pub(crate) reports: Reports,
}

impl Records {
    /// A private instance that hands its records here.
    pub(crate) fn instance() -> (Steeple, Self) {
        Self::instance_with(|observer| observer)
    }

    /// The same with an observer that is configured further.
    pub(crate) fn instance_with(
        configure: impl FnOnce(ObserverBuilder) -> ObserverBuilder + 'static,
    ) -> (Steeple, Self) {
        let (sender, receiver) = mpsc::channel();
        let reports = Reports::default();
        let errors = reports.clone();
        let sink = move |record: &RequestRecord<'_>| {
            let _ = sender.send(Full::of(record));
        };
        let steeple = Steeple::builder("conformance")
            .private()
            .without_ops()
            .observer(|observer| {
                configure(observer)
                    .route("/healthz", RoutePolicy::new().ignore())
                    .label(Label::new("tenant"))
                    .sink(sink)
                    .error_sink(errors)
            })
            .build()
            .unwrap();
        let settled = receiver;
        (steeple, Self { settled, reports })
    }

    pub(crate) fn next(&self) -> Full {
        self.settled
            .recv_timeout(PATIENCE)
            .expect("a record within 10 s")
    }
}

impl Full {
    fn of(record: &RequestRecord<'_>) -> Self {
        Self {
            seen: Seen {
                method: record.method().to_owned(),
                route: record.route().to_owned(),
                status: record.status,
                outcome: record.outcome,
                error_type: record.error_type.map(|error_type| error_type.to_string()),
                request_size: record.request_size,
                request_broken: record.request_broken,
                response_size: record.response_size,
                rpc: record.rpc().map(|rpc| (rpc.method.to_owned(), rpc.status)),
                upgraded: record.upgraded,
                streaming: record.streaming,
                panic: record.panic.as_ref().map(|panic| panic.message.clone()),
                error: record.error.as_ref().map(|error| error.message.clone()),
            },
            request_id: record.request_id.to_string(),
            trace_id: record.trace().trace_id().to_string(),
            span_id: record.trace().span_id().to_string(),
            parent_span_id: record.trace().parent_span_id().map(|id| id.to_string()),
            sampled: record.trace().is_sampled(),
            duration: record.duration(),
            head_duration: record.head_duration(),
        }
    }
}
