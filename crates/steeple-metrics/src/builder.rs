use std::{fmt, sync::Arc, time::Duration};

use crate::{
    BuildError, Exemplar, Finding, Kind, Matcher, NativeConfig, Registry,
    buckets::Rule,
    exemplar::ExemplarSource,
    global_labels::GlobalLabels,
    histograms::Histograms,
    idle_timeouts::IdleTimeouts,
    lint::{FindingCallback, Linter},
    name::Naming,
    registry::OverflowCallback,
    self_metrics::SelfMetrics,
    store::{Limits, Memory, Store},
    summary::LEAST_WINDOW,
};

/// How much of a series' labels the global ones may take, in bytes.
const GLOBAL_LABEL_BYTES: usize = 1_024;

/// Sets up a [`Registry`].
#[must_use = "a builder does nothing until it is built"]
pub struct Builder {
    histograms: Histograms,
    invalid: Option<BuildError>,
    limits: Limits,
    memory: Memory,
    naming: Naming,
    global_labels: Vec<(String, String)>,
    idle_timeouts: IdleTimeouts,
    on_overflow: Option<OverflowCallback>,
    lint_interval: Duration,
    on_finding: Option<FindingCallback>,
}

impl Builder {
    /// A registry with the defaults, as [`Registry::builder`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the histograms that `matcher` names these bucket bounds, in the metric's unit, without the last
    /// bound, `+Inf`. The first rule that matches wins. Default: no rule, see [`default_buckets`](Self::default_buckets).
    pub fn buckets(mut self, matcher: Matcher, bounds: &[f64]) -> Self {
        match Rule::bounds(bounds) {
            Ok(rule) => self.histograms.buckets.add(matcher, rule),
            Err(source) => self.refuse(BuildError::Bounds { matcher, source }),
        }
        self
    }

    /// Gives all histograms that no rule names these bucket bounds, whatever their unit, without the last bound, `+Inf`.
    /// Default: the bounds depend on the unit (see the [crate's documentation](crate#names-and-units)).
    pub fn default_buckets(mut self, bounds: &[f64]) -> Self {
        match Rule::bounds(bounds) {
            Ok(rule) => self.histograms.buckets.set_default(rule),
            Err(source) => self.refuse(BuildError::DefaultBounds(source)),
        }
        self
    }

    /// Exposes the histograms that `matcher` names as summaries with these quantiles, from 0 to 1, instead of buckets. Of
    /// these rules and those of [`buckets`](Self::buckets) the first that matches wins, but
    /// [`native_histograms`](Self::native_histograms) have precedence. Default: no histogram is a summary.
    ///
    /// Quantiles are over the last [minute](Self::summary_window) and right within 0.6 %; `_sum` and `_count` are exact and
    /// over all time. Quantiles cannot be aggregated over several instances, as buckets can: use them where a dashboard wants
    /// them so.
    ///
    /// ```
    /// use steeple_metrics::{Matcher, Registry};
    ///
    /// let registry = Registry::builder()
    ///     .summary(Matcher::suffix(".duration"), &[0.5, 0.99])
    ///     .build()?;
    /// registry.histogram("checkout.duration", &[])?.record(0.0);
    ///
    /// let text = registry.render();
    /// assert!(text.contains("# TYPE checkout_duration summary"));
    /// assert!(text.contains(r#"checkout_duration{quantile="0.99"} 0"#));
    /// assert!(text.contains("checkout_duration_count 1"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn summary(mut self, matcher: Matcher, quantiles: &[f64]) -> Self {
        match Rule::quantiles(quantiles) {
            Ok(rule) => self.histograms.buckets.add(matcher, rule),
            Err(source) => self.refuse(BuildError::Quantiles { matcher, source }),
        }
        self
    }

    /// Exposes all histograms that no rule names as [summaries](Self::summary) with these quantiles. Default: they have
    /// buckets. Of this and [`default_buckets`](Self::default_buckets) the last one set holds.
    pub fn default_summary(mut self, quantiles: &[f64]) -> Self {
        match Rule::quantiles(quantiles) {
            Ok(rule) => self.histograms.buckets.set_default(rule),
            Err(source) => self.refuse(BuildError::DefaultQuantiles(source)),
        }
        self
    }

    /// The time over which the quantiles of summaries are, from 1 s on. Default: 60 s.
    ///
    /// It moves on by thirds: a quantile is over the time from two thirds of a window ago, or up to a whole one, until now.
    pub fn summary_window(mut self, window: Duration) -> Self {
        self.histograms.summary_window = window;
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
            Err(source) => self.refuse(BuildError::Native { matcher, source }),
        }
        self
    }

    /// Lets histograms keep exemplars: `source` tells the trace that the current thread is in, if it is to be found again.
    /// Default: none are kept.
    ///
    /// Each bucket of a series keeps one, and takes another one a second later at the earliest. The source is asked on
    /// the thread that records, with nothing locked, and should be quick: most records ask it, only those into a bucket
    /// that gets hundreds a second do not. If it panics, there is no exemplar; for what it records itself it is not asked.
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

    /// Gives every series this label, in every format and in snapshots; the registry's own series, too. Default: there is
    /// none.
    ///
    /// A series' own label of that name wins. An empty value is an absent label. Recording and rendering take no longer: the
    /// text of a series' labels is written when the series is registered.
    ///
    /// ```
    /// use steeple_metrics::Registry;
    ///
    /// let registry = Registry::builder().global_label("region", "eu").build()?;
    /// registry.counter("shop.orders", &[("country", "NZ")])?.increment(1);
    /// assert!(registry.render().contains(r#"shop_orders_total{country="NZ",region="eu"} 1"#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn global_label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.global_labels.push((name.into(), value.into()));
        self
    }

    /// Appends the unit, and `_total` to a counter, also to names without a dot, unless they end so already: `wait` described
    /// in seconds is then `wait_seconds`. Default: `false`; names with a dot have these suffixes in any case.
    pub fn unit_suffixes(mut self, append: bool) -> Self {
        self.naming.unit_suffixes = append;
        self
    }

    /// Hides a series of any kind that did not change for this long. Default: `None`, nothing is hidden.
    ///
    /// Change is judged by comparing with the last look, that is, the last render or snapshot: recording reads no
    /// clock, and when nobody looks, nothing expires. A gauge that is not 0 is never hidden. A hidden series into which somebody
    /// still holds a handle keeps its total and shows it again at its next change; one without handles is dropped and
    /// starts over.
    pub fn idle_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.idle_timeouts = IdleTimeouts::for_all(timeout.into());
        self
    }

    /// As [`idle_timeout`](Self::idle_timeout), for series of one kind. Of several timeouts for a kind the last one set
    /// holds.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use steeple_metrics::{Kind, Registry};
    ///
    /// let registry = Registry::builder()
    ///     .idle_timeout(Duration::from_secs(600))
    ///     .idle_timeout_of(Kind::Counter, None)
    ///     .build()?;
    /// # Ok::<(), steeple_metrics::BuildError>(())
    /// ```
    pub fn idle_timeout_of(mut self, kind: Kind, timeout: impl Into<Option<Duration>>) -> Self {
        self.idle_timeouts.set(kind, timeout.into());
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
        self.naming.utf8_names = keep;
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

    /// Calls `callback` with what [`Registry::lint`] finds, once for each rule that a metric or one of its labels offends
    /// against and 1,000 times at most. Default: nothing is called, and nothing linted.
    ///
    /// The lint is part of a look, that is, of a render or snapshot: of the first, and again of one that comes a
    /// [minute](Self::lint_interval) later. The callback is called on the thread that looks and outside any lock.
    pub fn on_finding(mut self, callback: impl Fn(&Finding) + Send + Sync + 'static) -> Self {
        self.on_finding = Some(Box::new(callback));
        self
    }

    /// The least time between two lints for [`on_finding`](Self::on_finding), and between two at which it counts whether
    /// labels got new values. Default: 1 minute.
    pub fn lint_interval(mut self, interval: Duration) -> Self {
        self.lint_interval = interval;
        self
    }

    /// Makes the registry.
    ///
    /// # Errors
    ///
    /// If bucket bounds are not finite and increasing, a quantile is not from 0 to 1 or given twice, a window is shorter than
    /// 1 s, native histograms are configured wrongly, a global label is invalid, reserved or given twice, all of them
    /// take more than 1,024 bytes, or a limit or timeout is zero.
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
                self.idle_timeouts
                    .shortest()
                    .is_some_and(|timeout| timeout.is_zero()),
            ),
        ];
        if let Some((setting, _)) = zero.into_iter().find(|(_, is_zero)| *is_zero) {
            return Err(BuildError::Zero { setting });
        }
        if self.histograms.summary_window < LEAST_WINDOW {
            return Err(BuildError::SummaryWindow {
                window: self.histograms.summary_window,
            });
        }
        let labels = std::mem::take(&mut self.global_labels);
        let global_labels =
            GlobalLabels::new(labels, self.naming.utf8_names).map_err(BuildError::GlobalLabels)?;
        if global_labels.length() > GLOBAL_LABEL_BYTES {
            return Err(BuildError::GlobalLabelsTooLong {
                bytes: global_labels.length(),
                most: GLOBAL_LABEL_BYTES,
            });
        }
        Ok(self.assemble(global_labels))
    }

    /// Makes the registry and [installs](Registry::install) it as the process's recorder. What is returned is the handle to
    /// it.
    ///
    /// ```
    /// use steeple_metrics::Builder;
    ///
    /// let registry = Builder::new().install()?;
    /// metrics::counter!("shop.orders").increment(1);
    /// assert!(registry.render().contains("shop_orders_total 1"));
    /// # Ok::<(), steeple_metrics::BuildError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`build`](Self::build), and if a recorder is installed already.
    pub fn install(self) -> Result<Registry, BuildError> {
        let registry = self.build()?;
        registry.install()?;
        Ok(registry)
    }

    /// Keeps the first error for [`build`](Self::build).
    fn refuse(&mut self, error: BuildError) {
        self.invalid.get_or_insert(error);
    }

    pub(crate) fn assemble(self, global_labels: GlobalLabels) -> Registry {
        let self_metrics = SelfMetrics::new();
        let global_labels = Arc::new(global_labels);
        let store = Store::new(
            self.limits,
            self.memory,
            self.naming,
            Arc::clone(&global_labels),
            self.histograms,
            &self_metrics,
        );
        Registry::assembled(
            store,
            self_metrics,
            global_labels,
            self.idle_timeouts,
            self.on_overflow,
            Linter::new(self.lint_interval, self.on_finding),
        )
    }
}

impl Default for Builder {
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
            naming: Naming::default(),
            global_labels: Vec::new(),
            idle_timeouts: IdleTimeouts::default(),
            on_overflow: None,
            lint_interval: Duration::from_secs(60),
            on_finding: None,
        }
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("limits", &self.limits)
            .field("global_labels", &self.global_labels)
            .field("idle_timeouts", &self.idle_timeouts)
            .finish_non_exhaustive()
    }
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
    fn invalid_default_bounds_name_their_cause() {
        let error = Registry::builder()
            .default_buckets(&[])
            .build()
            .unwrap_err();
        assert_eq!(error.to_string(), "the default bucket bounds are invalid");
        assert_eq!(
            error.source().unwrap().to_string(),
            "no bucket bounds are given: give at least one"
        );
    }

    #[test]
    fn invalid_summaries_name_rule_and_cause() {
        let error = Registry::builder()
            .summary(Matcher::full("wait"), &[0.5, 95.0])
            .build()
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "the quantiles of metric \"wait\" are invalid"
        );
        assert!(error.source().unwrap().to_string().contains("95"));
        let error = Registry::builder()
            .default_summary(&[])
            .build()
            .unwrap_err();
        assert_eq!(error.to_string(), "the default quantiles are invalid");
        let error = Registry::builder()
            .summary_window(Duration::from_millis(999))
            .build()
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "`summary_window` of 999ms is less than 1 s: give at least 1 s"
        );
    }

    #[test]
    fn global_labels_that_no_series_could_have_are_refused_by_name() {
        let refused = |labels: &[&str]| {
            let labelled = labels.iter().fold(Registry::builder(), |builder, label| {
                builder.global_label(*label, "x")
            });
            labelled.build().unwrap_err().source().unwrap().to_string()
        };
        assert!(refused(&["a b"]).starts_with("label name \"a b\" is invalid: use"));
        assert!(refused(&["le"]).starts_with("label name \"le\" is reserved"));
        assert!(refused(&["otel.metric.overflow"]).contains("is reserved"));
        assert!(refused(&["a.b", "a_b"]).starts_with("label \"a_b\" is given twice"));
        let long = Registry::builder().global_label("a", "x".repeat(1_021));
        let error = long.build().unwrap_err();
        assert!(matches!(
            error,
            BuildError::GlobalLabelsTooLong {
                bytes: 1_025,
                most: 1_024
            }
        ));
        let utf8 = Registry::builder()
            .utf8_names(true)
            .global_label("a b", "x");
        assert!(utf8.build().is_ok());
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
            (
                Registry::builder().idle_timeout_of(Kind::Gauge, Duration::ZERO),
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
