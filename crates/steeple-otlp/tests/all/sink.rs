//! A backend that answers as it is told to, and decodes what it gets.

use std::{
    net::SocketAddr,
    ops::Deref,
    thread,
    time::{Duration, Instant},
};

use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    logs::v1::LogRecord,
    metrics::v1::Metric,
    trace::v1::Span,
};
use prost::Message;
use serde::de::DeserializeOwned;
pub(crate) use steeple_stub::Answer;
use steeple_stub::Stub;

pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A request as it came, its body decompressed.
#[derive(Clone, Debug)]
pub(crate) struct Request(steeple_stub::Request);

impl Deref for Request {
    type Target = steeple_stub::Request;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Request {
    pub(crate) fn decoded<M: Message + Default + DeserializeOwned>(&self) -> M {
        match self.headers["content-type"].as_str() {
            "application/json" => serde_json::from_slice(&self.body).unwrap(),
            _ => M::decode(&*self.body).unwrap(),
        }
    }

    pub(crate) fn traces(&self) -> ExportTraceServiceRequest {
        self.decoded()
    }

    pub(crate) fn metrics(&self) -> ExportMetricsServiceRequest {
        self.decoded()
    }

    pub(crate) fn logs(&self) -> ExportLogsServiceRequest {
        self.decoded()
    }
}

/// A backend on a port of its own, until the process ends.
pub(crate) struct Sink(pub(crate) Stub);

impl Sink {
    pub(crate) fn new() -> Self {
        Self::answering([])
    }

    /// Answers with these, one after the other, then with 200.
    pub(crate) fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self(Stub::answering(answers))
    }

    /// [`answering`](Self::answering) at an address.
    pub(crate) fn at(address: SocketAddr, answers: impl IntoIterator<Item = Answer>) -> Self {
        Self(Stub::at(address, answers))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.0.address()
    }

    pub(crate) fn url(&self) -> String {
        self.0.url("")
    }

    /// What came so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.0.requests().into_iter().map(Request).collect()
    }

    /// The metrics of all requests.
    pub(crate) fn metrics(&self) -> Vec<Metric> {
        let requests = self.requests_to("metrics").into_iter();
        let resources = requests.flat_map(|request| request.metrics().resource_metrics);
        let scopes = resources.flat_map(|resource| resource.scope_metrics);
        scopes.flat_map(|scope| scope.metrics).collect()
    }

    /// The spans of all requests.
    pub(crate) fn spans(&self) -> Vec<Span> {
        let requests = self.requests_to("trace").into_iter();
        let resources = requests.flat_map(|request| request.traces().resource_spans);
        let scopes = resources.flat_map(|resource| resource.scope_spans);
        scopes.flat_map(|scope| scope.spans).collect()
    }

    /// The log records of all requests.
    pub(crate) fn log_records(&self) -> Vec<LogRecord> {
        let requests = self.requests_to("logs").into_iter();
        let resources = requests.flat_map(|request| request.logs().resource_logs);
        let scopes = resources.flat_map(|resource| resource.scope_logs);
        scopes.flat_map(|scope| scope.log_records).collect()
    }

    fn requests_to(&self, signal: &str) -> Vec<Request> {
        let mut requests = self.requests();
        requests.retain(|request| request.path.contains(signal));
        requests
    }

    /// Waits until this is so.
    pub(crate) fn wait_until(&self, what: &str, condition: impl Fn(&[Request]) -> bool) {
        let start = Instant::now();
        while !condition(&self.requests()) {
            assert!(start.elapsed() < PATIENCE, "{what}: {:?}", self.requests());
            thread::sleep(Duration::from_millis(5));
        }
    }
}
