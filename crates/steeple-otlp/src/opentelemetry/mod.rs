//! The [API of OpenTelemetry](::opentelemetry), for code and libraries that are instrumented with it.
//!
//! ```
//! use opentelemetry::trace::{TraceContextExt as _, Tracer as _, TracerProvider as _};
//! use steeple_core::{Observer, TraceConfig};
//! use steeple_metrics::Registry;
//! use steeple_otlp::Otlp;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let otlp = Otlp::builder().start(Registry::new())?;
//! let mut observer = Observer::builder().traces(otlp.opentelemetry_context(TraceConfig::new()));
//! if let Some(spans) = otlp.request_spans() {
//!     observer = observer.sink(spans);
//! }
//! let observer = observer.build()?;
//! if let Some(provider) = otlp.tracer_provider(&observer) {
//!     provider.tracer("shop").in_span("price", |context| {
//!         assert!(context.span().span_context().is_valid());
//!     });
//!     provider.set_global();
//! }
//! # Ok(())
//! # }
//! ```
//!
//! - While a recorded request or job is polled, and while a span of [`tracing`] is entered in it, `Context::current()` tells of its
//!   span: its ids are there to be read and to be sent on, and spans of a [`Tracer`] are below it. Of the spans of [`tracing`] it
//!   tells once somebody has asked for a [`Tracer`] or sent something on by a [`Propagator`]: services that do neither do not pay
//!   for it.
//! - In an unsampled request `Context::current()` is as it was. Spans of a [`Tracer`] belong to the request all the same, and
//!   are not recorded. A task that it spawns knows of it if it is [carried](steeple_core::current::carry); if not, its spans
//!   begin a trace of their own.
//! - A span that `Context::attach` or `in_span` makes current in a recorded request is what
//!   [`current::trace`](steeple_core::current::trace) tells, log records and exemplars lead to it, and spans of [`tracing`] are below
//!   it. In a task that is [given the context](::opentelemetry::context::FutureExt::with_context) spans of both kinds are below it,
//!   but exemplars do not lead to it.
//! - Where traces are [sampled by how they end](crate::TailSampling), spans in a task that is only given the context share the
//!   fate of the request, as those of a [carried](steeple_core::current::carry) one do. Outside of any request or job, spans are
//!   known to belong to the first of their trace for as long as the one that they are right below is open.
//! - Below a remote parent that the application extracts itself, the sampler decides, as it does for a request: whether the parent
//!   is recorded counts if [everybody is trusted](steeple_core::Trust::everybody), and is that of the request where it is of the same
//!   trace. A [public endpoint](steeple_core::TraceConfig::public_endpoint) that does not trust it begins a new trace, and spans of
//!   a [`Tracer`] link to it.
//! - Log records that an appender such as opentelemetry-appender-tracing gives a [`Logger`] tell the span that they happened in,
//!   in an unsampled request, too.
//! - Clients that ask the global propagator send on, of unsampled requests, too, what the service was told, if that is a
//!   [`Propagator`].
//! - The span of the request itself is not there to be written to: `Context::current().span()` only tells who it is, and
//!   so do those of [`tracing`].
//! - `OpenTelemetrySpanExt` of the crate tracing-opentelemetry finds nothing, since it asks that crate's own layer. What
//!   `span.context()` gives there is `span.in_scope(Context::current)` here.

pub(crate) mod context;
mod key_value;
mod log_record;
mod logger;
mod logger_provider;
mod open_span;
mod propagator;
mod scope;
mod span;
mod tracer;
mod tracer_provider;

pub use self::{
    log_record::LogRecord, logger::Logger, logger_provider::LoggerProvider, propagator::Propagator,
    span::Span, tracer::Tracer, tracer_provider::TracerProvider,
};
