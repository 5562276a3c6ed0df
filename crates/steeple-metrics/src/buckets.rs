use std::{fmt, sync::Arc};

use metrics::Unit;

use crate::{
    QuantilesError,
    bounds::{Bounds, BoundsError},
    summary::Quantiles,
};

/// The `http.server.request.duration` boundaries of the [HTTP semantic
/// conventions](https://opentelemetry.io/docs/specs/semconv/http/http-metrics/), in seconds.
const SECONDS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// The `http.client.connection.duration` boundaries of the same conventions, in seconds.
const CONNECTION_SECONDS: [f64; 14] = [
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0,
];

/// What lasts as long as connections, by the ends of the recorded names.
const CONNECTIONS: [&str; 2] = [".connection.duration", ".upgrade.duration"];

/// The default boundaries of the [OpenTelemetry
/// SDK](https://opentelemetry.io/docs/specs/otel/metrics/sdk/#explicit-bucket-histogram-aggregation).
const PLAIN: [f64; 15] = [
    0.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1_000.0, 2_500.0, 5_000.0,
    7_500.0, 10_000.0,
];

/// Powers of 4 from 256 B to 64 MiB.
const BYTES: [f64; 10] = [
    256.0,
    1_024.0,
    4_096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];

/// Which metrics a rule is for, by the name as recorded or as exposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matcher(Pattern);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    Full(String),
    Prefix(String),
    Suffix(String),
}

impl Matcher {
    /// The metric with this name.
    #[must_use]
    pub fn full(name: impl Into<String>) -> Self {
        Self(Pattern::Full(name.into()))
    }

    /// The metrics whose names start so.
    #[must_use]
    pub fn prefix(prefix: impl Into<String>) -> Self {
        Self(Pattern::Prefix(prefix.into()))
    }

    /// The metrics whose names end so.
    #[must_use]
    pub fn suffix(suffix: impl Into<String>) -> Self {
        Self(Pattern::Suffix(suffix.into()))
    }

    /// Whether it is for the metric recorded as `recorded` and exposed as `exposed`.
    pub(crate) fn matches_either(&self, recorded: &str, exposed: &str) -> bool {
        self.matches(recorded) || self.matches(exposed)
    }

    fn matches(&self, name: &str) -> bool {
        match &self.0 {
            Pattern::Full(full) => name == full,
            Pattern::Prefix(prefix) => name.starts_with(prefix),
            Pattern::Suffix(suffix) => name.ends_with(suffix),
        }
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Pattern::Full(full) => write!(f, "metric {full:?}"),
            Pattern::Prefix(prefix) => write!(f, "metrics starting with {prefix:?}"),
            Pattern::Suffix(suffix) => write!(f, "metrics ending in {suffix:?}"),
        }
    }
}

/// Tells by the names of histograms how they are exposed: by buckets or by quantiles.
#[derive(Debug, Default)]
pub(crate) struct Buckets {
    rules: Vec<(Matcher, Rule)>,
    /// That for histograms that no rule names; without it they have buckets by their unit.
    default: Option<Rule>,
}

#[derive(Debug)]
pub(crate) enum Rule {
    Bounds(Arc<Bounds>),
    Quantiles(Arc<Quantiles>),
}

impl Rule {
    pub(crate) fn bounds(bounds: &[f64]) -> Result<Self, BoundsError> {
        Ok(Self::Bounds(Arc::new(Bounds::new(bounds)?)))
    }

    pub(crate) fn quantiles(quantiles: &[f64]) -> Result<Self, QuantilesError> {
        Ok(Self::Quantiles(Arc::new(Quantiles::new(quantiles)?)))
    }
}

impl Buckets {
    pub(crate) fn add(&mut self, matcher: Matcher, rule: Rule) {
        self.rules.push((matcher, rule));
    }

    pub(crate) fn set_default(&mut self, rule: Rule) {
        self.default = Some(rule);
    }

    /// The bounds of the metric recorded as `recorded` and exposed as `exposed`, if it has buckets.
    pub(crate) fn bounds(&self, recorded: &str, exposed: &str, unit: Option<Unit>) -> Arc<Bounds> {
        match self.rule(recorded, exposed) {
            Some(Rule::Bounds(bounds)) => Arc::clone(bounds),
            _ => Arc::new(default_bounds(recorded, unit)),
        }
    }

    /// The quantiles of the metric recorded as `recorded` and exposed as `exposed`, if it is a summary.
    pub(crate) fn quantiles(&self, recorded: &str, exposed: &str) -> Option<&Arc<Quantiles>> {
        match self.rule(recorded, exposed)? {
            Rule::Quantiles(quantiles) => Some(quantiles),
            Rule::Bounds(_) => None,
        }
    }

    fn rule(&self, recorded: &str, exposed: &str) -> Option<&Rule> {
        let mut rules = self.rules.iter();
        let matching = rules.find(|(matcher, _)| matcher.matches_either(recorded, exposed));
        matching.map(|(_, rule)| rule).or(self.default.as_ref())
    }
}

#[allow(
    clippy::expect_used,
    reason = "the constants are sorted and finite, as a test shows"
)]
fn default_bounds(recorded: &str, unit: Option<Unit>) -> Bounds {
    let lasts = CONNECTIONS.iter().any(|end| recorded.ends_with(end));
    let bounds = match unit {
        Some(Unit::Seconds) if lasts => Bounds::new(&CONNECTION_SECONDS),
        None | Some(Unit::Seconds) => Bounds::new(&SECONDS),
        Some(Unit::Milliseconds) => Bounds::new(&SECONDS.map(|bound| bound * 1e3)),
        Some(Unit::Microseconds) => Bounds::new(&SECONDS.map(|bound| bound * 1e6)),
        Some(Unit::Nanoseconds) => Bounds::new(&SECONDS.map(|bound| bound * 1e9)),
        Some(Unit::Bytes) => Bounds::new(&BYTES),
        Some(_) => Bounds::new(&PLAIN),
    };
    bounds.expect("the default bounds are valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_follow_the_unit() {
        let buckets = Buckets::default();
        let first_and_last = |unit| {
            let bounds = buckets.bounds("a.b", "a_b", unit);
            (
                bounds.values()[0],
                *bounds.values().last().unwrap(),
                bounds.values().len(),
            )
        };
        assert_eq!(first_and_last(None), (0.005, 10.0, 14));
        assert_eq!(first_and_last(Some(Unit::Seconds)), (0.005, 10.0, 14));
        assert_eq!(
            first_and_last(Some(Unit::Milliseconds)),
            (5.0, 10_000.0, 14)
        );
        assert_eq!(first_and_last(Some(Unit::Microseconds)), (5e3, 1e7, 14));
        assert_eq!(first_and_last(Some(Unit::Nanoseconds)), (5e6, 1e10, 14));
        assert_eq!(first_and_last(Some(Unit::Bytes)), (256.0, 67_108_864.0, 10));
        assert_eq!(first_and_last(Some(Unit::Count)), (0.0, 10_000.0, 15));
        for connections in [
            "http.server.connection.duration",
            "http.server.upgrade.duration",
        ] {
            let bounds = buckets.bounds(connections, "", Some(Unit::Seconds));
            assert_eq!((bounds.values()[0], bounds.values()[13]), (0.01, 300.0));
        }
    }

    #[test]
    fn the_first_matching_rule_wins_by_either_name() {
        let bounds = |bound| Rule::bounds(&[bound]).unwrap();
        let mut buckets = Buckets::default();
        buckets.add(Matcher::full("a.wait"), bounds(1.0));
        buckets.add(Matcher::suffix("_seconds"), bounds(2.0));
        buckets.add(Matcher::prefix("a"), bounds(3.0));
        let first_of = |buckets: &Buckets, recorded, exposed| {
            buckets.bounds(recorded, exposed, None).values()[0]
        };
        let first = |recorded, exposed| first_of(&buckets, recorded, exposed);
        assert_eq!(first("a.wait", "a_wait_seconds"), 1.0);
        assert_eq!(first("b.wait", "b_wait_seconds"), 2.0);
        assert_eq!(first("a.size", "a_size"), 3.0);
        assert_eq!(first("c", "c"), 0.005);
        buckets.set_default(bounds(4.0));
        assert_eq!(first_of(&buckets, "c", "c"), 4.0);
        assert_eq!(first_of(&buckets, "a.size", "a_size"), 3.0);
    }

    #[test]
    fn quantiles_are_told_by_rules_in_turn_with_those_of_bounds() {
        let mut buckets = Buckets::default();
        buckets.add(Matcher::full("a.size"), Rule::bounds(&[1.0]).unwrap());
        buckets.add(Matcher::prefix("a"), Rule::quantiles(&[0.5]).unwrap());
        buckets.add(Matcher::full("a.wait"), Rule::bounds(&[1.0]).unwrap());
        buckets.set_default(Rule::quantiles(&[0.9]).unwrap());
        let quantile = |recorded| {
            let quantiles = buckets.quantiles(recorded, recorded);
            quantiles.map(|quantiles| quantiles.values()[0])
        };
        let found = ["a.size", "a.wait", "a.b", "c"].map(quantile);
        assert_eq!(found, [None, Some(0.5), Some(0.5), Some(0.9)]);
    }
}
