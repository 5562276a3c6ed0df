//! Names, units and descriptions of what is recorded.
//!
//! Dotted names are those of the [semantic conventions](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/http/http-metrics.md)
//! and of their manner; the registry writes them as Prometheus does.

use metrics::{Recorder, Unit};

pub(super) const ACTIVE_REQUESTS: &str = "http.server.active_requests";
pub(super) const REQUEST_DURATION: &str = "http.server.request.duration";
pub(super) const HEAD_DURATION: &str = "http.server.response.head.duration";
pub(super) const REQUEST_BODY_SIZE: &str = "http.server.request.body.size";
pub(super) const RESPONSE_BODY_SIZE: &str = "http.server.response.body.size";
pub(super) const REQUESTS: &str = "http.server.requests";
pub(super) const ERRORS: &str = "http.server.errors";
pub(super) const UPGRADES: &str = "http.server.upgrades";
pub(super) const REQUEST_BODY_ERRORS: &str = "http.server.request.body.errors";
/// Gauge and histogram of connections.
pub(super) const CONNECTIONS: (&str, &str) = (
    "http.server.open_connections",
    "http.server.connection.duration",
);
/// Gauge and histogram of what connections were upgraded to.
pub(super) const UPGRADED: (&str, &str) =
    ("http.server.open_upgrades", "http.server.upgrade.duration");
pub(super) const CALL_DURATION: &str = "rpc.server.call.duration";
pub(super) const OUTGOING_DURATION: &str = "http.client.request.duration";
pub(super) const OUTGOING_CALL_DURATION: &str = "rpc.client.call.duration";
pub(super) const JOB_DURATION: &str = "steeple.job.duration";

pub(super) const SINK_PANICS: &str = "steeple_sink_panics_total";
pub(super) const LOST_REPORTS: &str = "steeple_error_reports_lost_total";
pub(super) const APPLIED_TWICE: &str = "steeple_layer_applied_twice_total";

pub(super) const METHOD: &str = "http_request_method";
pub(super) const ROUTE: &str = "http_route";
pub(super) const STATUS: &str = "http_response_status_code";
pub(super) const SCHEME: &str = "url_scheme";
pub(super) const VERSION: &str = "network_protocol_version";
pub(super) const RPC_SYSTEM: &str = "rpc_system_name";
pub(super) const RPC_METHOD: &str = "rpc_method";
pub(super) const RPC_STATUS: &str = "rpc_status_code";
pub(super) const SERVER_ADDRESS: &str = "server_address";
pub(super) const SERVER_PORT: &str = "server_port";
pub(super) const ERROR_TYPE: &str = "error_type";
pub(super) const OUTCOME: &str = "outcome";

/// The labels that the application cannot declare: ours, and the two that the exposition puts on series itself.
pub(crate) const RESERVED_LABELS: [&str; 12] = [
    METHOD,
    ROUTE,
    STATUS,
    SCHEME,
    VERSION,
    RPC_SYSTEM,
    RPC_METHOD,
    RPC_STATUS,
    ERROR_TYPE,
    OUTCOME,
    "le",
    "otel_metric_overflow",
];

pub(super) fn describe(recorder: &dyn Recorder) {
    let histograms = [
        (
            REQUEST_DURATION,
            Unit::Seconds,
            "Duration of requests, from the head to the end of the response's body.",
        ),
        (
            HEAD_DURATION,
            Unit::Seconds,
            "Duration of requests, from the head to the head of the response.",
        ),
        (REQUEST_BODY_SIZE, Unit::Bytes, "Size of request bodies."),
        (
            RESPONSE_BODY_SIZE,
            Unit::Bytes,
            "Size of response bodies as handed to the server.",
        ),
        (
            CONNECTIONS.1,
            Unit::Seconds,
            "Duration of connections, whatever they went on as.",
        ),
        (
            UPGRADED.1,
            Unit::Seconds,
            "Duration of upgrades, from the head of the response to the end of the connection.",
        ),
        (
            CALL_DURATION,
            Unit::Seconds,
            "Duration of gRPC calls, from the head to the end of the response's body.",
        ),
        (
            OUTGOING_DURATION,
            Unit::Seconds,
            "Duration of requests that go out, to the end of the answer's body.",
        ),
        (
            OUTGOING_CALL_DURATION,
            Unit::Seconds,
            "Duration of gRPC calls that go out, to the end of the answer's body.",
        ),
        (JOB_DURATION, Unit::Seconds, "Duration of jobs."),
    ];
    for (name, unit, description) in histograms {
        recorder.describe_histogram(name.into(), Some(unit), description.into());
    }
    let counters = [
        (REQUESTS, "Requests by outcome."),
        (ERRORS, "Requests that failed by the service's fault."),
        (REQUEST_BODY_ERRORS, "Request bodies that broke off."),
        (UPGRADES, "Connections upgraded to another protocol."),
        (SINK_PANICS, "Panics of sinks, which lost their record."),
        (
            LOST_REPORTS,
            "Reports of panics that there was no room for on their way to the sinks.",
        ),
        (
            APPLIED_TWICE,
            "Requests that went through the layer twice and counted once.",
        ),
    ];
    for (name, description) in counters {
        recorder.describe_counter(name.into(), None, description.into());
    }
    let gauges = [
        (ACTIVE_REQUESTS, "Requests that are being answered."),
        (CONNECTIONS.0, "Connections that are open."),
        (
            UPGRADED.0,
            "Connections and streams that go on as another protocol.",
        ),
    ];
    for (name, description) in gauges {
        recorder.describe_gauge(name.into(), None, description.into());
    }
}
