use std::{borrow::Cow, ffi::OsString, ops::RangeInclusive, path::PathBuf, time::Duration};

use steeple_core::pipeline::{Pipeline, PipelineBuilder, RetryPolicy, Scheduled};
use steeple_metrics::Registry;

use crate::{
    Compression, Delivery, EnvironmentError, HistogramAggregation, Otlp, OtlpError, Probe,
    Protocol, Signal, TailSampling, Temporality, Value,
    config::{Batching, Environment},
    encoded::Encoded,
    envelope::Envelope,
    export::OtlpExporter,
    metrics::{Collector, MetricSettings},
    resource::Resource,
    target::Target,
};

const INTERVAL: Duration = Duration::from_secs(60);
const INTERVALS: RangeInclusive<Duration> =
    Duration::from_millis(1)..=Duration::from_secs(24 * 60 * 60);
/// What came at once is sent at once, in as few requests as the bounds allow.
const METRIC_DELAY: Duration = Duration::from_millis(100);
const METRIC_BATCH: usize = 8_192;
const SPAN_DELAY: Duration = Duration::from_secs(5);
const LOG_DELAY: Duration = Duration::from_secs(1);
const BATCH: usize = 512;

/// Configures the export over OTLP; see [`Otlp::builder`].
///
/// What the [environment](Self::environment) says wins over what is set here, and what is said of one signal over what is said
/// of all.
#[derive(Clone, Debug)]
#[must_use = "nothing is exported before `start`"]
pub struct OtlpBuilder {
    pub(crate) general: Delivery,
    pub(crate) signals: [Delivery; 3],
    exported: [bool; 3],
    resource: Resource,
    metric_interval: Duration,
    metrics: MetricSettings,
    retry: RetryPolicy,
    drop_deadline: Duration,
    queue_bytes: usize,
    in_context: bool,
    tail_sampling: Option<TailSampling>,
    pub(crate) environment: Environment,
}

impl OtlpBuilder {
    pub(crate) fn new() -> Self {
        Self {
            general: Delivery::new(),
            signals: Default::default(),
            exported: [true; 3],
            resource: Resource::default(),
            metric_interval: INTERVAL,
            metrics: MetricSettings::default(),
            retry: RetryPolicy::default(),
            drop_deadline: Duration::from_secs(1),
            queue_bytes: 8 << 20,
            in_context: true,
            tail_sampling: None,
            environment: Environment::default(),
        }
    }

    /// The URL for all signals, such as `http://collector:4318`. By HTTP, they are sent to `v1/traces`, `v1/metrics` and
    /// `v1/logs` below it. Default: `http://localhost:4318`, or `http://localhost:4317` for gRPC.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.general = self.general.endpoint(url);
        self
    }

    /// The protocol for all signals. Default: [`Protocol::HttpProtobuf`].
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.general = self.general.protocol(protocol);
        self
    }

    /// A header field, or metadata of gRPC, of every request, such as an API key. Default: none.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.general = self.general.header(name, value);
        self
    }

    /// How long one attempt to send may take. Default: 10 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.general = self.general.timeout(timeout);
        self
    }

    /// Whether requests are compressed. Default: they are not.
    pub fn compression(mut self, compression: Compression) -> Self {
        self.general = self.general.compression(compression);
        self
    }

    /// A PEM file of the authorities that are trusted. Default: those whom the system trusts.
    pub fn certificate(mut self, file: impl Into<PathBuf>) -> Self {
        self.general = self.general.certificate(file);
        self
    }

    /// A PEM file of the certificates that the service shows; [`client_key`](Self::client_key) is needed as well. Default:
    /// none.
    pub fn client_certificate(mut self, file: impl Into<PathBuf>) -> Self {
        self.general = self.general.client_certificate(file);
        self
    }

    /// A PEM file of the private key of the service's certificate. Default: none.
    pub fn client_key(mut self, file: impl Into<PathBuf>) -> Self {
        self.general = self.general.client_key(file);
        self
    }

    /// What is different for one signal.
    pub fn signal(mut self, signal: Signal, delivery: Delivery) -> Self {
        self.signals[signal as usize] = delivery;
        self
    }

    /// Does not export a signal. Default: all are.
    pub fn without(mut self, signal: Signal) -> Self {
        self.exported[signal as usize] = false;
        self
    }

    /// An attribute of the [resource](https://opentelemetry.io/docs/specs/semconv/resource/), which all telemetry is of, such as
    /// `service.name`, `service.version` or `deployment.environment.name`, which is sent as `deployment.environment`, too.
    ///
    /// Default: `service.name` is `unknown_service`, `service.instance.id` a random UUID; `host.name`, `process.pid` and
    /// `telemetry.sdk.*` are as they are.
    pub fn resource_attribute(
        mut self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<Value>,
    ) -> Self {
        self.resource.0.set(key, value);
        self
    }

    /// How often metrics are sent, besides at a flush and at the end. From 1 ms to 24 h. Default: 60 s.
    pub fn metric_interval(mut self, interval: Duration) -> Self {
        self.metric_interval = interval;
        self
    }

    /// Whether metrics tell all or what is new. Default: [`Temporality::Cumulative`].
    pub fn temporality(mut self, temporality: Temporality) -> Self {
        self.metrics.temporality = temporality;
        self
    }

    /// As what histograms are sent that the registry counts in both ways. Default: [`HistogramAggregation::Explicit`].
    pub fn histograms(mut self, aggregation: HistogramAggregation) -> Self {
        self.metrics.histograms = aggregation;
        self
    }

    /// How often and how long a request is tried. Default: [`RetryPolicy::default`], for 5 min in all;
    /// [`timeout`](Self::timeout) says how long an attempt may take.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// The most bytes of each signal that wait while the backend does not answer; what is beyond them is dropped and counted.
    /// Default: 8 MiB.
    pub fn max_queue_bytes(mut self, bytes: usize) -> Self {
        self.queue_bytes = bytes;
        self
    }

    /// How long dropping the [`Otlp`] may block. Default: 1 s.
    pub fn drop_deadline(mut self, deadline: Duration) -> Self {
        self.drop_deadline = deadline;
        self
    }

    /// Leaves the `Context` of the [API of OpenTelemetry](crate::opentelemetry) as it is. Default: it tells of recorded requests
    /// and jobs, and of the spans in them.
    pub fn without_opentelemetry_context(mut self) -> Self {
        self.in_context = false;
        self
    }

    /// Keeps of the traces that are recorded those that `sampling` says, once it is known how they end. Default: all are kept.
    pub fn tail_sampling(mut self, sampling: TailSampling) -> Self {
        self.tail_sampling = Some(sampling);
        self
    }

    /// Reads the [variables](crate#environment) of the environment, which `variable` tells, as [`std::env::var_os`] does.
    /// Default: none is read.
    ///
    /// # Errors
    ///
    /// If one has a value that it cannot have. As the specification has it, an enumeration's value that is not known is a
    /// warning and otherwise ignored.
    pub fn environment(
        mut self,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, EnvironmentError> {
        self.environment = Environment::read(variable)?;
        Ok(self)
    }

    /// As what histograms are to be sent, by code and environment. Exponential ones are of metrics that the registry counts
    /// [natively](steeple_metrics::Builder::native_histograms).
    #[must_use]
    pub fn histogram_aggregation(&self) -> HistogramAggregation {
        let environment = self.environment.histograms;
        environment.unwrap_or(self.metrics.histograms)
    }

    /// Whether a signal is exported.
    #[must_use]
    pub fn exports(&self, signal: Signal) -> bool {
        let place = signal as usize;
        self.environment.exported[place].unwrap_or(self.exported[place])
    }

    /// Tells whether it can start.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub fn check(&self) -> Result<(), OtlpError> {
        if !INTERVALS.contains(&self.metric_interval) {
            return Err(OtlpError::Interval {
                interval: self.metric_interval,
            });
        }
        let mut exported = Signal::ALL
            .into_iter()
            .filter(|signal| self.exports(*signal));
        exported.try_for_each(|signal| Target::of(self, signal).map(drop))
    }

    /// Asks the backends of what is exported, at any time, whether they take it.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub fn probe(&self) -> Result<Probe, OtlpError> {
        self.check()?;
        Ok(Probe::new(self.clone()))
    }

    /// Starts to export: metrics from `registry`, where the figures of the export itself are as well.
    ///
    /// # Errors
    ///
    /// [`OtlpError`] if something is configured wrongly. That the backend does not answer is no error: it is tried again.
    pub fn start(self, registry: Registry) -> Result<Otlp, OtlpError> {
        // Before the first thread starts.
        self.check()?;
        let envelope = Envelope::new(&self.full_resource());
        let environment = &self.environment;
        let pipeline = |signal: Signal, delay, batch, batching: Batching| {
            let target = match self.exports(signal) {
                true => Target::of(&self, signal)?,
                false => return Ok::<_, OtlpError>(None),
            };
            let limits = PipelineBuilder::new(signal.pipeline())
                .max_delay(batching.delay.unwrap_or(delay))
                .max_batch_items(batching.batch.unwrap_or(batch))
                .max_queue_items(batching.queue.unwrap_or(u64::MAX))
                .max_queue_bytes(self.queue_bytes)
                .drop_deadline(self.drop_deadline)
                .retry(self.retry_of(&target, batching));
            Ok(Some(spawn(limits, signal, target, &envelope, &registry)))
        };
        let metric_batching = Batching {
            timeout: environment.metric_timeout,
            ..Batching::default()
        };
        let traces = pipeline(Signal::Traces, SPAN_DELAY, BATCH, environment.spans)?;
        let logs = pipeline(Signal::Logs, LOG_DELAY, BATCH, environment.log_records)?;
        let metrics = pipeline(Signal::Metrics, METRIC_DELAY, METRIC_BATCH, metric_batching)?;
        let metrics = metrics.map(|pipeline| self.scheduled(pipeline, registry.clone()));
        Ok(Otlp::new(
            traces,
            metrics,
            logs,
            self.drop_deadline,
            self.in_context,
            self.tail_sampling,
        ))
    }

    fn scheduled(&self, pipeline: Pipeline<Encoded>, registry: Registry) -> Scheduled<Encoded> {
        let settings = MetricSettings {
            temporality: self
                .environment
                .temporality
                .unwrap_or(self.metrics.temporality),
            histograms: self.histogram_aggregation(),
        };
        let collector = Collector::new(registry, pipeline.producer(), settings);
        let interval = self
            .environment
            .metric_interval
            .unwrap_or(self.metric_interval);
        let name = Signal::Metrics.pipeline();
        Scheduled::start(name, Some(interval), pipeline, move |_| collector.collect())
    }

    fn full_resource(&self) -> Resource {
        let mut resource = Resource::detected();
        resource.merge(&self.resource);
        resource.merge(&self.environment.resource);
        resource.name_environment_twice();
        resource
    }

    fn retry_of(&self, target: &Target, batching: Batching) -> RetryPolicy {
        let mut retry = self.retry.clone();
        if let Some(timeout) = target.timeout {
            retry = retry.attempt_timeout(timeout);
        }
        match batching.timeout {
            Some(timeout) => retry.max_elapsed(timeout),
            None => retry,
        }
    }
}

impl Default for OtlpBuilder {
    fn default() -> Self {
        Self::new()
    }
}

fn spawn(
    builder: PipelineBuilder,
    signal: Signal,
    target: Target,
    envelope: &Envelope,
    registry: &Registry,
) -> Pipeline<Encoded> {
    let envelope = envelope.clone();
    let exporter = move || OtlpExporter {
        signal,
        envelope: envelope.clone(),
        transport: target.transport.clone(),
    };
    metrics::with_local_recorder(registry, || builder.spawn(exporter))
}
