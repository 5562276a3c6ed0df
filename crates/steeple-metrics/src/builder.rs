use std::{fmt, sync::Arc, time::Duration};

use thiserror::Error;

use crate::{
    BoundsError, Exemplar, Matcher, NativeConfig, NativeConfigError, Registry,
    exemplar::ExemplarSource,
    histograms::Histograms,
    registry::OverflowCallback,
    self_metrics::SelfMetrics,
    store::{Limits, Memory, Store},
};

/// Sets up a [`Registry`]; made by [`Registry::builder`].
#[must_use = "a builder does nothing until it is built"]
pub struct RegistryBuilder {
    histograms: Histograms,
    invalid: Option<BuildError>,
    limits: Limits,
    memory: Memory,
    idle_timeout: Option<Duration>,
    on_overflow: Option<OverflowCallback>,
}

impl RegistryBuilder {
    /// Gives the histograms that `matcher` names these bucket bounds, in the metric's unit, without the last
    /// bound, `+Inf`. The first rule that matches wins; the default depends on the unit (see the
    /// [crate's documentation](crate#names-and-units)).
    pub fn buckets(mut self, matcher: Matcher, bounds: &[f64]) -> Self {
        if let Err(source) = self.histograms.buckets.add(matcher.clone(), bounds) {
            self.invalid
                .get_or_insert(BuildError::Bounds { matcher, source });
        }
        self
    }

    /// Makes the histograms that `matcher` names [native](crate#native-histograms) ones. The first rule that matches wins;
    /// default: none is.
    ///
    /// ```
    /// use steeple_metrics::{Matcher, NativeConfig, Registry, Value};
    ///
    /// let registry = Registry::builder()
    ///     .native_histograms(Matcher::suffix(".duration"), NativeConfig::new())
    ///     .build()?;
    /// registry.histogram("checkout.duration", &[])?.record(0.05);
    ///
    /// let snapshot = registry.snapshot();
    /// let checkouts = snapshot.value("checkout_duration", &[]).and_then(Value::as_histogram);
    /// let native = checkouts.and_then(|checkouts| checkouts.native()).expect("it is native");
    /// assert_eq!((native.schema, &native.positive[..]), (3, &[(-34, 1)][..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn native_histograms(mut self, matcher: Matcher, config: NativeConfig) -> Self {
        match config.check() {
            Ok(()) => self.histograms.native.push((matcher, Arc::new(config))),
            Err(source) => {
                let error = BuildError::Native { matcher, source };
                self.invalid.get_or_insert(error);
            }
        }
        self
    }

    /// Lets histograms keep exemplars: `source` tells the trace that the current thread is in, if it is to be found again.
    /// Default: none are kept.
    ///
    /// Each bucket of a series keeps one, and takes another one a second later at the earliest. The source is asked on
    /// the thread that records, with nothing locked, and should be quick: most records ask it, only those into a bucket
    /// that gets hundreds a second do not. It must not record into a histogram itself. If it panics, there is no exemplar.
    ///
    /// As labels of [OpenMetrics], `trace_id` and `span_id`, an exemplar has 63 characters of the 128 that are allowed.
    ///
    /// ```
    /// use steeple_metrics::{Exemplar, Registry, Value};
    ///
    /// let registry = Registry::builder()
    ///     .exemplar_source(|| Some(Exemplar::new([0xab; 16], [0xcd; 8])))
    ///     .build()?;
    /// registry.histogram("checkout.duration", &[])?.record(0.042);
    ///
    /// let snapshot = registry.snapshot();
    /// let checkouts = snapshot.value("checkout_duration", &[]).and_then(Value::as_histogram);
    /// let kept = checkouts.and_then(|checkouts| checkouts.exemplar(3)).expect("it is in the fourth bucket");
    /// assert_eq!((kept.value, kept.exemplar.trace_id), (0.042, [0xab; 16]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [OpenMetrics]: https://prometheus.io/docs/specs/om/open_metrics_spec/#exemplars
    pub fn exemplar_source(
        mut self,
        source: impl Fn() -> Option<Exemplar> + Send + Sync + 'static,
    ) -> Self {
        self.histograms.exemplar_source = Some(ExemplarSource::new(source));
        self
    }

    /// The most series one metric may have beside its overflow series. Default: 2,000.
    pub fn series_limit(mut self, limit: usize) -> Self {
        self.limits.series_per_metric = limit;
        self
    }

    /// The most series all metrics may have together. Default: 20,000.
    ///
    /// Above it there are only overflow series and their counters, at most two for each metric.
    pub fn total_series_limit(mut self, limit: usize) -> Self {
        self.limits.series = limit;
        self
    }

    /// The most names that metrics may be recorded under. Default: 1,000.
    pub fn metric_limit(mut self, limit: usize) -> Self {
        self.limits.metrics = limit;
        self
    }

    /// Hides a series that did not change for this long. Default: `None`, nothing is hidden.
    ///
    /// Change is judged by comparing with the last look, that is, the last render or snapshot: recording reads no
    /// clock, and when nobody looks, nothing expires. A gauge that is not 0 is never hidden. A hidden series into which somebody
    /// still holds a handle keeps its total and shows it again at its next change; one without handles is dropped and
    /// starts over.
    pub fn idle_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.idle_timeout = timeout.into();
        self
    }

    /// Keeps the names of metrics and labels as they are recorded, with their dots and whatever else is UTF-8, for scrapers
    /// that ask for them ([`Escaping`](crate::Escaping)). Default: `false`, names are known with underscores only.
    ///
    /// A metric gains the same suffixes with either name: recorded as `http.server.requests` it is
    /// `http.server.requests_total` and `http_server_requests_total`. Metrics, and series, whose names coincide when
    /// they have underscores are one; it is shown under the name that came first. A series with a name that is not
    /// plain takes the text of its labels twice.
    pub fn utf8_names(mut self, keep: bool) -> Self {
        self.memory.utf8_names = keep;
        self
    }

    /// Exposes when each counter and histogram was made, in OpenMetrics as a further series with the suffix `_created`,
    /// in the protobuf format as `created_timestamp`. Default: `false`. Takes some 60 bytes a series.
    pub fn created_series(mut self, expose: bool) -> Self {
        self.memory.created_series = expose;
        self
    }

    /// Calls `callback` with the exposed name of each metric that reaches a limit, once for each metric,
    /// on the thread that registers and outside any lock. Default: nothing is called.
    pub fn on_overflow(mut self, callback: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.on_overflow = Some(Box::new(callback));
        self
    }

    /// Makes the registry.
    ///
    /// # Errors
    ///
    /// If bucket bounds are not finite and increasing, or a limit or the timeout is zero.
    pub fn build(mut self) -> Result<Registry, BuildError> {
        if let Some(error) = self.invalid.take() {
            return Err(error);
        }
        let zero = [
            ("series_limit", self.limits.series_per_metric == 0),
            ("total_series_limit", self.limits.series == 0),
            ("metric_limit", self.limits.metrics == 0),
            (
                "idle_timeout",
                self.idle_timeout.is_some_and(|timeout| timeout.is_zero()),
            ),
        ];
        match zero.into_iter().find(|(_, is_zero)| *is_zero) {
            Some((setting, _)) => Err(BuildError::Zero { setting }),
            None => Ok(self.assemble()),
        }
    }

    pub(crate) fn assemble(self) -> Registry {
        let self_metrics = SelfMetrics::new();
        let store = Store::new(self.limits, self.memory, self.histograms, &self_metrics);
        Registry::assembled(
            store,
            self_metrics,
            self.memory.utf8_names,
            self.idle_timeout,
            self.on_overflow,
        )
    }
}

impl Default for RegistryBuilder {
    fn default() -> Self {
        Self {
            histograms: Histograms::default(),
            invalid: None,
            limits: Limits {
                metrics: 1_000,
                series_per_metric: 2_000,
                series: 20_000,
            },
            memory: Memory::default(),
            idle_timeout: None,
            on_overflow: None,
        }
    }
}

impl fmt::Debug for RegistryBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistryBuilder")
            .field("limits", &self.limits)
            .field("idle_timeout", &self.idle_timeout)
            .finish_non_exhaustive()
    }
}

/// Why a registry could not be built.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A rule's bounds are invalid.
    #[error("the bucket bounds of {matcher} are invalid")]
    Bounds {
        /// The rule's metrics.
        matcher: Matcher,
        /// What is wrong with them.
        source: BoundsError,
    },
    /// A rule's configuration of native histograms is invalid.
    #[error("the configuration of native histograms for {matcher} is invalid")]
    Native {
        /// The rule's metrics.
        matcher: Matcher,
        /// What is wrong with it.
        source: NativeConfigError,
    },
    /// A limit or timeout is zero.
    #[error("`{setting}` is zero: give a positive value or leave the default")]
    Zero {
        /// The setter's name.
        setting: &'static str,
    },
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    #[test]
    fn invalid_bounds_name_rule_and_cause() {
        let error = Registry::builder()
            .buckets(Matcher::prefix("ok"), &[1.0])
            .buckets(Matcher::suffix("_seconds"), &[2.0, 1.0])
            .build()
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "the bucket bounds of metrics ending in \"_seconds\" are invalid"
        );
        assert!(
            error
                .source()
                .unwrap()
                .to_string()
                .starts_with("bucket bound 1 is not above the bound 2")
        );
    }

    #[test]
    fn zero_settings_are_refused_by_name() {
        let cases = [
            (Registry::builder().series_limit(0), "series_limit"),
            (
                Registry::builder().total_series_limit(0),
                "total_series_limit",
            ),
            (Registry::builder().metric_limit(0), "metric_limit"),
            (
                Registry::builder().idle_timeout(Duration::ZERO),
                "idle_timeout",
            ),
        ];
        for (builder, expected) in cases {
            assert!(
                matches!(builder.build(), Err(BuildError::Zero { setting }) if setting == expected)
            );
        }
    }
}
