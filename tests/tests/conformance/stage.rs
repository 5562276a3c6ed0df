//! An instance, a server that it observes, and what both have to say.

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use futures_util::{FutureExt, future::BoxFuture};
use http::Version;
use steeple::{
    Steeple,
    core::{ResponseTrace, TraceConfig},
    metrics::{Snapshot, Value},
};
use tokio::net::TcpListener;

use crate::{
    adapter::{Adapter, Running, Setup},
    client::{Answer, Client, Http1},
    histograms,
    records::{Full, Records, Seen},
};

/// One fresh instance and one server.
pub(crate) struct Stage {
    pub(crate) steeple: Steeple,
    pub(crate) records: Records,
    server: Running,
    version: Version,
}

impl Stage {
    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address
    }

    pub(crate) fn new(adapter: &impl Adapter) -> Self {
        Self::with(adapter, Setup::Once)
    }

    pub(crate) fn with(adapter: &impl Adapter, setup: Setup) -> Self {
        Self::serving(|listener, steeple| adapter.serve(listener, steeple, setup).boxed())
            .asked_in(adapter.version())
    }

    /// One that records traces, and tells its clients.
    pub(crate) fn traced(adapter: &impl Adapter) -> Self {
        let config = TraceConfig::new().response_header(ResponseTrace::ServerTiming);
        Self::tracing(adapter, config)
    }

    /// One whose traces are configured.
    pub(crate) fn tracing(adapter: &impl Adapter, config: TraceConfig) -> Self {
        let instance = Records::instance_with(|observer| observer.traces(config));
        Self::of(instance, |listener, steeple| {
            adapter.serve(listener, steeple, Setup::Once).boxed()
        })
        .asked_in(adapter.version())
    }

    /// Has clients of `version` of HTTP. Default: 1.1.
    pub(crate) fn asked_in(self, version: Version) -> Self {
        Self { version, ..self }
    }

    /// Serves what `serve` makes of a listener and an instance.
    pub(crate) fn serving(
        serve: impl FnOnce(TcpListener, &Steeple) -> BoxFuture<'static, ()>,
    ) -> Self {
        Self::of(Records::instance(), serve)
    }

    fn of(
        (steeple, records): (Steeple, Records),
        serve: impl FnOnce(TcpListener, &Steeple) -> BoxFuture<'static, ()>,
    ) -> Self {
        let server = Running::start(|listener| serve(listener, &steeple));
        Self {
            steeple,
            records,
            server,
            version: Version::HTTP_11,
        }
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(self.server.address, self.version)
    }

    /// A client that can do what only HTTP/1.1 can.
    pub(crate) fn http1_client(&self) -> Http1 {
        Http1::connect(self.server.address)
    }

    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Answer {
        let mut client = self.client();
        client.send(method, path, headers, body);
        client.answer()
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    /// The next record is `expected`, there is no other, and the metrics agree.
    pub(crate) fn settles(&self, expected: Seen) -> Full {
        let full = self.records.next();
        assert_eq!(full.seen, expected);
        self.nothing_else_but(&[&full]);
        full
    }

    /// There are no records but the `expected` ones, which were taken already, and the metrics say the same.
    pub(crate) fn nothing_else_but(&self, expected: &[&Full]) {
        let answer = self.get("/status/299");
        assert_eq!(answer.status, 299, "the service goes on");
        let last = self.records.next();
        assert_eq!(last.seen.status, Some(299), "no further record");
        let snapshot = self.steeple.registry().snapshot();
        let records = [expected, &[&last]].concat();
        for Full { seen, .. } in &records {
            assert_eq!(requests(&snapshot, seen), 1, "{seen:?}");
        }
        histograms::agree(&snapshot, &records, self.version);
        assert_eq!(
            self.total("http_server_requests_total"),
            expected.len() as u64 + 1
        );
        let failures = expected
            .iter()
            .filter(|record| record.seen.error_type.is_some())
            .count();
        assert_eq!(self.total("http_server_errors_total"), failures as u64);
        assert_eq!(self.active(), 0.0);
        self.records.reports.agree(expected);
    }

    /// Waits until `count` requests are under way.
    pub(crate) fn wait_until_active(&self, count: u32) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.active() != f64::from(count) {
            assert!(Instant::now() < deadline, "{count} requests did not arrive");
            thread::yield_now();
        }
    }

    /// The sum of the counter `name`.
    pub(crate) fn total(&self, name: &str) -> u64 {
        self.values(name)
            .filter_map(|value| value.as_counter())
            .sum()
    }

    /// How many `what` are open: connections or upgrades.
    pub(crate) fn open(&self, what: &str) -> f64 {
        self.gauge(&format!("http_server_open_{what}"))
    }

    /// How many of `what` are over, connection or upgrade, and how many seconds they lasted in all.
    pub(crate) fn durations(&self, what: &str) -> (u64, f64) {
        self.histogram(&format!("http_server_{what}_duration_seconds"))
    }

    /// How many values the histogram `name` holds, and what they add up to.
    pub(crate) fn histogram(&self, name: &str) -> (u64, f64) {
        self.values(name)
            .filter_map(|value| Some((value.as_histogram()?.count(), value.as_histogram()?.sum())))
            .fold((0, 0.0), |(count, sum), (more, added)| {
                (count + more, sum + added)
            })
    }

    pub(crate) fn active(&self) -> f64 {
        self.gauge("http_server_active_requests")
    }

    fn gauge(&self, name: &str) -> f64 {
        self.values(name).filter_map(|value| value.as_gauge()).sum()
    }

    fn values(&self, name: &str) -> impl Iterator<Item = Value> + use<> {
        let snapshot = self.steeple.registry().snapshot();
        let series = snapshot.family(name).map(|family| family.series.clone());
        let series = series.unwrap_or_default().into_iter();
        series.map(|series| series.value)
    }
}

fn requests(snapshot: &Snapshot, seen: &Seen) -> u64 {
    let family = snapshot.family("http_server_requests_total").unwrap();
    let status = seen.status.map(|status| status.to_string());
    let series = family.series.iter().find(|series| {
        let labels = &series.labels;
        labels.value("http_request_method").as_deref() == Some(&seen.method)
            && labels.value("http_route").as_deref() == Some(&seen.route)
            && labels.value("http_response_status_code").as_deref() == status.as_deref()
            && labels.value("outcome").as_deref() == Some(seen.outcome.as_str())
    });
    series
        .and_then(|series| series.value.as_counter())
        .unwrap_or(0)
}
