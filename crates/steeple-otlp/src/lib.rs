//! Exports traces, metrics and logs over [OTLP](https://opentelemetry.io/docs/specs/otlp/) to any APM that speaks it.
//!
//! ```
//! use std::{env, time::Duration};
//!
//! use steeple_metrics::Registry;
//! use steeple_otlp::{LogRecord, Otlp, Severity};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let registry = Registry::new();
//! let otlp = Otlp::builder()
//!     .endpoint("http://127.0.0.1:4318")
//!     .resource_attribute("service.name", "shop")
//!     .header("api-key", "secret")
//!     .environment(|variable| env::var_os(variable))?
//!     .start(registry)?;
//! if let Some(logs) = otlp.logs() {
//!     logs.emit(&LogRecord::new(Severity::Info, "open for business"));
//! }
//! // ... the service ...
//! # let deadline = Duration::from_millis(100);
//! let report = otlp.shutdown_blocking(deadline);
//! if !report.is_complete() {
//!     eprintln!("lost: {report:?}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | signal | from | sent |
//! |---|---|---|
//! | traces | spans, encoded where they end | 5 s after the first that waits, or when 512 wait |
//! | metrics | a registry of steeple-metrics, as it is then | every 60 s, at a flush, and at the end |
//! | logs | [`Logs::emit`] | 1 s after the first that waits, or when 512 wait |
//!
//! # What arrives
//!
//! - Metrics under the names and units of OpenTelemetry: `http.server.request.duration` in `s`. Counters are monotonic sums,
//!   gauges are gauges, but for those that the semantic conventions know as sums that go up and down; histograms are explicit, or
//!   exponential where the registry counts them natively; summaries are summaries. Exemplars are sent once.
//! - Labels as attributes, under the dotted names that the semantic conventions know, and `http.response.status_code` as a number.
//!   A metric's overflow series has `otel.metric.overflow`.
//! - Spans of requests and jobs as soon as these end, with those that ended in them; [`TailSampling`] keeps them by how they end.
//! - The resource, with `service.name`, `service.instance.id`, `host.name`, `process.pid` and `telemetry.sdk.*`, and what is
//!   [said of it](OtlpBuilder::resource_attribute).
//!
//! # How it is sent
//!
//! Each signal through a [pipeline](steeple_core::pipeline) of its own, on a thread of its own, by a client that nothing observes:
//! requests of the service never wait, what waits is bounded, and what does not arrive is counted. No answer, 429, 502, 503 and 504 are
//! tried again, with their `Retry-After`, for 5 minutes. What a backend rejects of a request that it took is dropped as
//! [`DropReason::Rejected`], and told in one log line per 10 s.
//!
//! | metric | |
//! |---|---|
//! | `steeple_pipeline_created_total{pipeline}` | spans (`otlp_traces`), data points (`otlp_metrics`), log records (`otlp_logs`) |
//! | `steeple_pipeline_exported_total{pipeline}` | those that the backend has taken |
//! | `steeple_pipeline_dropped_total{pipeline,reason}` | those that were lost |
//! | `steeple_pipeline_queued_bytes{pipeline}` | memory of those that wait |
//!
//! # Environment
//!
//! [`OtlpBuilder::environment`] reads these; they win over what is set in code. One that is empty is not set; a bad value is an
//! error that names the variable, but for the names of enumerations that are not known, which are ignored with a warning.
//!
//! | variable | |
//! |---|---|
//! | `OTEL_EXPORTER_OTLP_ENDPOINT` | the URL for all signals |
//! | `OTEL_EXPORTER_OTLP_PROTOCOL` | `grpc`, `http/protobuf` or `http/json` |
//! | `OTEL_EXPORTER_OTLP_HEADERS` | `name=value,name=value`, values with %XX |
//! | `OTEL_EXPORTER_OTLP_TIMEOUT` | of one attempt, in ms |
//! | `OTEL_EXPORTER_OTLP_COMPRESSION` | `gzip` or `none` |
//! | `OTEL_EXPORTER_OTLP_CERTIFICATE` | a PEM file of the authorities that are trusted |
//! | `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE`, `OTEL_EXPORTER_OTLP_CLIENT_KEY` | PEM files of the certificate that the service shows, and its key |
//! | `OTEL_EXPORTER_OTLP_INSECURE` | for a gRPC endpoint without scheme: `true` is no TLS |
//! | all of these with `TRACES_`, `METRICS_` or `LOGS_` behind `OTLP_` | the same for one signal; its endpoint has the whole path |
//! | `OTEL_TRACES_EXPORTER`, `OTEL_METRICS_EXPORTER`, `OTEL_LOGS_EXPORTER` | `otlp` or `none`; for metrics `prometheus`, too, which is no OTLP |
//! | `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES` | the resource |
//! | `OTEL_BSP_*` for spans, `OTEL_BLRP_*` for logs | `SCHEDULE_DELAY` in ms, `EXPORT_TIMEOUT` in ms: all attempts at a batch, `MAX_QUEUE_SIZE`: by default there is no bound but that of bytes, `MAX_EXPORT_BATCH_SIZE` |
//! | `OTEL_METRIC_EXPORT_INTERVAL`, `OTEL_METRIC_EXPORT_TIMEOUT` | in ms; the timeout is of all attempts at a batch |
//! | `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE` | `cumulative`, `delta` or `lowmemory`, which is delta here |
//! | `OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION` | `explicit_bucket_histogram` or `base2_exponential_bucket_histogram`, for what the registry counts in both ways |
//!
//! [`Propagators::from_environment`](steeple_core::Propagators::from_environment) reads `OTEL_PROPAGATORS`, and
//! [`Sampler::from_environment`](steeple_core::Sampler::from_environment) `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`.
//!
//! # Elastic APM
//!
//! The APM Server takes OTLP on its own port, by HTTP and gRPC, and tells services apart by the
//! [resource](https://www.elastic.co/docs/solutions/observability/apm/attributes): `service.name`, `service.version`,
//! `service.instance.id`, which is its node, and `deployment.environment`, its environment; the newer
//! `deployment.environment.name` is therefore sent under both names. Its agents prefer differences.
//!
//! ```sh
//! OTEL_EXPORTER_OTLP_ENDPOINT=https://apm.example:8200
//! OTEL_EXPORTER_OTLP_HEADERS="Authorization=ApiKey TGliZXJ0eQ=="
//! OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta
//! OTEL_RESOURCE_ATTRIBUTES=service.version=1.2.3,deployment.environment.name=production
//! ```
//!
//! # Features
//!
//! A feature alone changes no behaviour.
//!
//! | feature | what |
//! |---|---|
//! | `grpc` | [`Protocol::Grpc`]; without it, to ask for that is an error |
//! | `tls` | URLs of https, by rustls and code of Rust alone, on x86-64 and AArch64; whom the system trusts is trusted, unless there is a certificate |

mod attributes;
mod blocking;
mod builder;
mod config;
mod encoded;
mod envelope;
mod error;
mod export;
mod fields;
mod json;
mod logs;
mod metrics;
pub mod opentelemetry;
mod otlp;
mod probe;
mod report;
mod resource;
mod signal;
mod target;
mod time;
mod traces;
mod value;

pub use self::{
    builder::OtlpBuilder,
    config::{Compression, Delivery, Protocol},
    error::OtlpError,
    logs::{LogRecord, Logs, Severity},
    metrics::{HistogramAggregation, Temporality},
    otlp::Otlp,
    probe::Probe,
    report::OtlpReport,
    signal::Signal,
    traces::{RecordedTraces, RequestSpans, TailSampling, TracingLayer, TracingSubscriber},
    value::Value,
};
pub use steeple_client::Failure;
pub use steeple_core::{
    EnvironmentError,
    pipeline::{Accounting, DropReason, Report, RetryPolicy},
};
