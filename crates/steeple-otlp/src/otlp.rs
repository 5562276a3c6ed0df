use std::{sync::Arc, time::Duration};

use futures_util::future::{OptionFuture, join3};
use steeple_core::{
    Observer, TraceConfig,
    pipeline::{Accounting, Pipeline, Scheduled},
};
use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{filter::Filtered, layer::Layer};

use crate::{
    Logs, OtlpBuilder, OtlpReport, RecordedTraces, RequestSpans, Signal, TailSampling,
    TracingLayer, TracingSubscriber,
    blocking::block_on,
    encoded::Encoded,
    opentelemetry::{LoggerProvider, TracerProvider, context::RequestContext},
    traces::{instrumented::Spans, span_queue::SpanQueue, tail::TailSampler},
};

/// The running export of signals over OTLP, each through a [pipeline](steeple_core::pipeline) of its own.
///
/// Dropping it sends metrics a last time, exports what is queued, and blocks for at most
/// [`drop_deadline`](OtlpBuilder::drop_deadline), 1 s by default; [`shutdown`](Self::shutdown) tells what became of it.
#[derive(Debug)]
#[must_use = "dropping it ends the export"]
pub struct Otlp {
    traces: Option<Pipeline<Encoded>>,
    metrics: Option<Scheduled<Encoded>>,
    logs: Option<Pipeline<Encoded>>,
    drop_deadline: Duration,
    in_context: bool,
    tail: Option<Arc<TailSampler>>,
}

impl Otlp {
    /// Begins to configure the export.
    pub fn builder() -> OtlpBuilder {
        OtlpBuilder::new()
    }

    pub(crate) fn new(
        traces: Option<Pipeline<Encoded>>,
        metrics: Option<Scheduled<Encoded>>,
        logs: Option<Pipeline<Encoded>>,
        drop_deadline: Duration,
        in_context: bool,
        tail_sampling: Option<TailSampling>,
    ) -> Self {
        Self {
            traces,
            metrics,
            logs,
            drop_deadline,
            in_context,
            tail: tail_sampling.map(TailSampler::new).map(Arc::new),
        }
    }

    /// Makes spans of the requests and jobs that an observer [records](steeple_core::TraceConfig), if traces are exported: a
    /// sink to give the observer.
    #[must_use]
    pub fn request_spans(&self) -> Option<RequestSpans> {
        Some(RequestSpans::new(self.span_queue()?))
    }

    /// Makes the `Context` of the [API of OpenTelemetry](crate::opentelemetry) tell of each recorded request and job while that is
    /// polled, unless it is [not to](OtlpBuilder::without_opentelemetry_context): for the traces of the observer.
    pub fn opentelemetry_context(&self, traces: TraceConfig) -> TraceConfig {
        if self.in_context && self.traces.is_some() {
            traces.scope(|trace| Arc::new(RequestContext::new(trace)))
        } else {
            traces
        }
    }

    /// Makes spans for users of the [API of OpenTelemetry](crate::opentelemetry), below the requests and jobs of `observer`, if
    /// traces are exported.
    #[must_use]
    pub fn tracer_provider(&self, observer: &Observer) -> Option<TracerProvider> {
        Some(TracerProvider::new(observer.clone(), self.span_queue()?))
    }

    /// Makes spans of those of [`tracing`], for the requests and jobs of `observer`, if traces are exported: a layer to add to
    /// the application's subscriber.
    ///
    /// It has a filter of its own: up to `level`, whatever is logged. Where it is the only layer,
    /// [`tracing_subscriber`](Self::tracing_subscriber) costs less.
    #[must_use]
    pub fn tracing_layer<S>(
        &self,
        observer: &Observer,
        level: LevelFilter,
    ) -> Option<Filtered<TracingLayer, RecordedTraces, S>>
    where
        S: Subscriber,
    {
        let layer = TracingLayer::new(self.spans_of(observer)?);
        Some(layer.with_filter(RecordedTraces::up_to(level)))
    }

    /// The same as a subscriber without other layers, for services that log by other means: spans of what is not recorded are
    /// not even opened.
    #[must_use]
    pub fn tracing_subscriber(
        &self,
        observer: &Observer,
        level: LevelFilter,
    ) -> Option<TracingSubscriber> {
        let filter = RecordedTraces::up_to(level);
        Some(TracingSubscriber::new(self.spans_of(observer)?, filter))
    }

    /// Emits log records, if logs are exported.
    #[must_use]
    pub fn logs(&self) -> Option<Logs> {
        let logs = self.logs.as_ref()?;
        Some(Logs::new(logs.producer()))
    }

    /// Emits log records of users of the [API of OpenTelemetry](crate::opentelemetry), if logs are exported.
    #[must_use]
    pub fn logger_provider(&self) -> Option<LoggerProvider> {
        Some(LoggerProvider::new(self.logs.as_ref()?.producer()))
    }

    /// The figures of a signal at this moment, if it is exported.
    #[must_use]
    pub fn accounting(&self, signal: Signal) -> Option<Accounting> {
        match signal {
            Signal::Traces => self.traces.as_ref().map(Pipeline::accounting),
            Signal::Metrics => self.metrics.as_ref().map(Scheduled::accounting),
            Signal::Logs => self.logs.as_ref().map(Pipeline::accounting),
        }
    }

    /// Sends what is queued, and metrics as they are now, for at most `deadline`. Works on every runtime.
    pub async fn flush(&self, deadline: Duration) -> OtlpReport {
        let (traces, metrics, logs) = join3(
            OptionFuture::from(self.traces.as_ref().map(|traces| traces.flush(deadline))),
            OptionFuture::from(self.metrics.as_ref().map(|metrics| metrics.flush(deadline))),
            OptionFuture::from(self.logs.as_ref().map(|logs| logs.flush(deadline))),
        )
        .await;
        OtlpReport {
            traces,
            metrics,
            logs,
        }
    }

    /// [`flush`](Self::flush) for code that is not async.
    pub fn flush_blocking(&self, deadline: Duration) -> OtlpReport {
        block_on(self.flush(deadline))
    }

    /// Sends what is queued, and metrics a last time, within `deadline`, and drops and counts the rest. Works on every runtime.
    pub async fn shutdown(mut self, deadline: Duration) -> OtlpReport {
        self.end(deadline).await
    }

    /// [`shutdown`](Self::shutdown) for code that is not async.
    pub fn shutdown_blocking(self, deadline: Duration) -> OtlpReport {
        block_on(self.shutdown(deadline))
    }

    fn spans_of(&self, observer: &Observer) -> Option<Spans> {
        let queue = self.span_queue()?;
        Some(Spans::new(observer.clone(), queue, self.in_context))
    }

    fn span_queue(&self) -> Option<SpanQueue> {
        let producer = self.traces.as_ref()?.producer();
        Some(SpanQueue::new(producer, self.tail.clone()))
    }

    async fn end(&mut self, deadline: Duration) -> OtlpReport {
        if let Some(spans) = self.span_queue() {
            spans.close();
        }
        let (pipelines, metrics) = ((self.traces.take(), self.logs.take()), self.metrics.take());
        let (traces, logs) = &pipelines;
        let (traces, metrics, logs) = join3(
            OptionFuture::from(traces.as_ref().map(|traces| traces.shutdown(deadline))),
            OptionFuture::from(metrics.map(|metrics| metrics.shutdown(deadline))),
            OptionFuture::from(logs.as_ref().map(|logs| logs.shutdown(deadline))),
        )
        .await;
        OtlpReport {
            traces,
            metrics,
            logs,
        }
    }
}

impl Drop for Otlp {
    fn drop(&mut self) {
        // Side by side, and not one after the other. Nobody is left to read the report; the metrics tell what was lost.
        let _ = block_on(self.end(self.drop_deadline));
    }
}
