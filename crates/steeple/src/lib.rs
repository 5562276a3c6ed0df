//! The observability suite for Rust web services.
//!
//! One layer on an axum router, an actix-web application or any tower service, and every request is timed into
//! histograms, counted by outcome and guarded against panics, all from one record. A guarded port of its own serves the
//! figures.
//!
//! ```no_run
//! # #[cfg(feature = "axum")]
//! use axum::{Router, routing::get};
//! use steeple::Steeple;
//!
//! # #[cfg(feature = "axum")]
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let steeple = Steeple::builder("shop").build()?;
//!     let app = Router::new().route("/", get(async || "hello")).layer(steeple.axum());
//!     axum::serve(tokio::net::TcpListener::bind("127.0.0.1:3000").await?, app).await?;
//!     Ok(())
//! }
//! # #[cfg(not(feature = "axum"))]
//! # fn main() {}
//! ```
//!
//! Then `curl 127.0.0.1:9464/metrics`.
//!
//! # What you get
//!
//! | metric | what |
//! |---|---|
//! | `http_server_request_duration_seconds` | histogram, from the head of the request to the end of the response's body |
//! | `http_server_response_head_duration_seconds` | histogram, to the head of the response |
//! | `http_server_active_requests` | gauge by method and scheme |
//! | `http_server_request_body_size_bytes`, `http_server_response_body_size_bytes` | histograms |
//! | `http_server_requests_total` | counter by method, route, status and outcome |
//! | `http_server_errors_total` | counter by route and type of error |
//! | `http_server_upgrades_total`, `http_server_request_body_errors_total` | counters by route |
//! | `http_server_open_upgrades`, `http_server_upgrade_duration_seconds` | gauge and histogram of WebSockets and tunnels by route |
//! | `http_server_open_connections`, `http_server_connection_duration_seconds` | gauge and histogram, where the adapter sees connections |
//! | `http_client_request_duration_seconds` | histogram of requests that go out through an observed client, by server |
//! | `rpc_server_call_duration_seconds`, `rpc_client_call_duration_seconds` | histograms of gRPC calls, by method and status |
//! | `steeple_job_duration_seconds` | histogram of [jobs](Steeple::observe) |
//! | `steeple_*`, `target_info` | what steeple itself does, and for whom |
//!
//! # Configuration
//!
//! In code, through [`SteepleBuilder`]. The operator has the last word, through the environment:
//!
//! | variable | what |
//! |---|---|
//! | `OTEL_SERVICE_NAME` | the service's name |
//! | `OTEL_SDK_DISABLED` | `true`: observe nothing and listen nowhere, and only pass on what callers tell of their traces |
//! | `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` | the known methods, separated by commas, instead of the standard ones |
//! | `OTEL_PROPAGATORS` | the formats in which services tell each other of traces, separated by commas |
//! | `OTEL_EXPORTER_PROMETHEUS_HOST`, `OTEL_EXPORTER_PROMETHEUS_PORT` | where the ops listener is, 127.0.0.1 and 9464 for the one that is not set; either replaces the address set in code |
//! | `STEEPLE_METRIC_NAMES` | by which [names](MetricNames) the request metrics go, separated by commas, such as `semantic-conventions,axum-prometheus` |
//! | `STEEPLE_LINT` | `true` or `false`: whether the application's own metrics are [linted](SteepleBuilder::lint) while it runs |
//! | `STEEPLE_OPS_TOKEN` | the token that the ops listener asks for, and what `ops_service` makes |
//! | `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` and those of the other signals | with the feature `otlp`: where all signals, or this one, are exported to |
//! | `OTEL_TRACES_EXPORTER`, `OTEL_METRICS_EXPORTER`, `OTEL_LOGS_EXPORTER` | with the feature `otlp`: `otlp` exports the signal, `none` does not, whatever code says |
//! | `OTEL_TRACES_SAMPLER`, `OTEL_TRACES_SAMPLER_ARG` | with the feature `otlp`: which traces are recorded |
//! | `RUST_LOG` | with the feature `logs`: up to which level is logged, by target, such as `info,shop::cart=debug` |
//! | `OTEL_RESOURCE_ATTRIBUTES` | with the features `logs` and `otlp`: more of what the service is |
//! | All others of [steeple-otlp](https://docs.rs/steeple-otlp) | with the feature `otlp`: how it is sent |
//! | `SENTRY_DSN`, `SENTRY_ENVIRONMENT`, `SENTRY_RELEASE` | with the feature `sentry`: where errors are sent to, and where and in which version the service runs |
//! | `STEEPLE_PUSHGATEWAY_URL` | with the feature `push`: the Pushgateway that gets the metrics at the end; replaces the URL set in code |
//! | `STEEPLE_REMOTE_WRITE_URL` | with the feature `push`: where the metrics are written by remote write, every 15 s if nothing else is set in code; replaces the URL set there |
//!
//! # Diagnostics
//!
//! steeple's own warnings go through `tracing`; install a subscriber to see them. [`Steeple::doctor`], and `GET /api/doctor` at the
//! ops listener, look for what is wrong: a [code](doctor::Code), how much it matters, what it is and what to do.
//!
//! # Features
//!
//! A feature alone changes no behaviour.
//!
//! | feature | what |
//! |---|---|
//! | `actix` | `Steeple::actix` and the adapter as `steeple::actix` |
//! | `axum` | `Steeple::axum` and the adapter as `steeple::axum` |
//! | `errors` | on by default: `SteepleBuilder::errors`, `Steeple::errors`, and where they are from as `steeple::errors` |
//! | `grpc` | with `otlp`: the protocol `grpc` |
//! | `health` | `SteepleBuilder::health`, `Steeple::probes`, and where they are from as `steeple::health` |
//! | `health-certificate` | with `health`: `health::checks::certificate` |
//! | `health-deadpool` | with `health`: `health::checks::deadpool` |
//! | `health-disk` | with `health`: `health::checks::disk` |
//! | `health-grpc` | with `health`: `health::checks::grpc` |
//! | `health-http` | with `health`: `health::checks::http` |
//! | `health-redis` | with `health`: `health::checks::redis` |
//! | `health-served-certificate` | with `health`: `health::checks::served_certificate`, on x86-64 and AArch64 |
//! | `health-sqlx` | with `health`: `health::checks::sqlx`; needs Rust 1.94 |
//! | `health-tonic` | with `health`: `Health::grpc`, for servers of tonic |
//! | `logs` | `SteepleBuilder::logs`, `Steeple::log_layer`, `Steeple::install_subscriber`, [`log`], and where they are from as `steeple::logs` |
//! | `logs-elasticsearch` | with `logs`: `steeple::logs::elasticsearch`, a destination |
//! | `logs-spool` | with `logs`: `steeple::logs::spool`, lines on disk while a destination is away |
//! | `otlp` | `SteepleBuilder::otlp` and `traces`, `Steeple::tracing_layer`, and where they are from as `steeple::otlp` |
//! | `push` | `SteepleBuilder::push_gateway` and `remote_write`, and where they are from as `steeple::push` |
//! | `reqwest` | `Steeple::reqwest` and the middleware for clients of reqwest as `steeple::reqwest` |
//! | `resources` | `SteepleBuilder::resources`, and where it is from as `steeple::resources` |
//! | `resources-jemalloc` | with `resources`: `ResourcesBuilder::jemalloc`; builds jemalloc, by a compiler of C and make |
//! | `sentry` | `SteepleBuilder::sentry`, and where it is from as `steeple::sentry` |
//! | `tls` | with `health-grpc`, `health-http`, `logs`, `otlp`, `push` or `sentry`: TLS and URLs of https, on x86-64 and AArch64 |
//! | `tower` | `Steeple::tower` and the adapter as `steeple::tower` |
//! | `tower-http` | with `axum` or `tower`: `classify` of the layer takes a classifier of tower-http as outcome policy |
//! | `zstd` | `OpsBuilder::zstd`: metrics compressed with zstd; building it takes a C compiler |

mod answers;
mod assembly;
#[cfg(feature = "errors")]
mod breadcrumbs;
mod build_error;
mod builder;
pub mod doctor;
mod environment;
#[cfg(feature = "otlp")]
mod export;
mod foreign;
mod info;
mod instance;
mod lifecycle;
mod lint;
#[cfg(feature = "logs")]
pub mod log;
#[cfg(all(feature = "logs", feature = "otlp"))]
mod log_records;
#[cfg(feature = "logs")]
mod logging;
mod outlets;
#[cfg(feature = "push")]
mod pushes;
mod recorder;
mod renewed;
mod report;
#[cfg(feature = "sentry")]
mod reporting;
mod service_name;
mod traces;

#[cfg(feature = "actix")]
pub use steeple_actix as actix;
#[cfg(feature = "axum")]
pub use steeple_axum as axum;
pub use steeple_core as core;
pub use steeple_core::{
    EnvironmentError, Job, Label, MetricNames, Observer, Outcome, RequestId, RequestRecord,
    RoutePolicy, Sink, Upgrade,
    current::{self, carry},
};
#[cfg(feature = "errors")]
pub use steeple_errors as errors;
#[cfg(feature = "health")]
pub use steeple_health as health;
#[cfg(feature = "logs")]
pub use steeple_logs as logs;
pub use steeple_metrics as metrics;
pub use steeple_ops as ops;
#[cfg(feature = "otlp")]
pub use steeple_otlp as otlp;
#[cfg(feature = "push")]
pub use steeple_push as push;
#[cfg(feature = "reqwest")]
pub use steeple_reqwest as reqwest;
#[cfg(feature = "resources")]
pub use steeple_resources as resources;
#[cfg(feature = "sentry")]
pub use steeple_sentry as sentry;
#[cfg(feature = "tower")]
pub use steeple_tower as tower;

#[cfg(feature = "errors")]
pub use self::breadcrumbs::BreadcrumbLayer;
pub use self::{
    build_error::BuildError,
    builder::SteepleBuilder,
    instance::{Steeple, observe},
    lifecycle::{Lifecycle, LifecycleReport},
    report::{FlushReport, ShutdownError},
    service_name::ServiceNameError,
};

/// The samples of the README, which compile.
#[cfg(all(doctest, feature = "axum", feature = "otlp"))]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// Those of the page on migration.
#[cfg(all(doctest, feature = "actix", feature = "axum"))]
#[doc = include_str!("../../../docs/migration.md")]
struct Migration;

/// Those of the page on the exporter that the registry replaces.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/metrics-exporter-prometheus.md")]
struct MetricsExporterPrometheus;

/// Those of the page on errors.
#[cfg(all(doctest, feature = "axum", feature = "errors", feature = "sentry"))]
#[doc = include_str!("../../../docs/errors.md")]
struct Errors;

/// Those of the page on health.
#[cfg(all(doctest, feature = "actix", feature = "axum", feature = "health"))]
#[doc = include_str!("../../../docs/health.md")]
struct Health;

/// That of the page on the end of a service.
#[cfg(all(doctest, feature = "axum", feature = "health"))]
#[doc = include_str!("../../../docs/lifecycle.md")]
struct Lifecycles;

/// Those of the page on logs.
#[cfg(all(
    doctest,
    feature = "logs",
    feature = "logs-elasticsearch",
    feature = "logs-spool"
))]
#[doc = include_str!("../../../docs/logs.md")]
struct Logs;

/// That of the page on pushing.
#[cfg(all(doctest, feature = "push"))]
#[doc = include_str!("../../../docs/push.md")]
struct Push;

/// That of the page on resources.
#[cfg(all(doctest, feature = "resources"))]
#[doc = include_str!("../../../docs/resources.md")]
struct Resources;

/// Those of the page on traces.
#[cfg(all(doctest, feature = "axum", feature = "otlp", feature = "reqwest"))]
#[doc = include_str!("../../../docs/traces.md")]
struct Traces;
