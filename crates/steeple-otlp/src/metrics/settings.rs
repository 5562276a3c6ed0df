/// Whether counters and histograms tell all that was recorded, or what was since they were last sent: the
/// [temporality preference](https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/otlp/#additional-environment-variable-configuration).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Temporality {
    /// All since the series began. What gets lost on the way is in the next ones.
    #[default]
    Cumulative,
    /// What came since the last time, for backends that add up. Gauges are as they are.
    Delta,
}

/// As what histograms are sent that the registry counts in both kinds of buckets; one that has a single kind is sent as that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HistogramAggregation {
    /// Buckets with the bounds that the registry has.
    #[default]
    Explicit,
    /// Buckets of growing width, of a metric that is native in the registry.
    Exponential,
}

/// How metrics are told.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MetricSettings {
    pub(crate) temporality: Temporality,
    pub(crate) histograms: HistogramAggregation,
}
