//! The table of the lint's rules, and what steeple's own metrics are by it.

use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Unit};
use steeple::{
    MetricNames,
    metrics::{Kind, Registry, Rule},
};

use super::{METRICS, observed_by, quoted};

/// An example of the table: what is in backticks in its last cell.
struct Example {
    kind: Kind,
    name: String,
    label: Option<String>,
    unit: Option<Unit>,
}

impl Example {
    fn of(cell: &str) -> Self {
        let mut parts = quoted(cell);
        let metric = parts.next().unwrap();
        let (kind, name) = metric.split_once(' ').unwrap();
        let kinds = [Kind::Counter, Kind::Gauge, Kind::Histogram];
        let (name, label) = match name.split_once('{') {
            Some((name, label)) => (name, label.strip_suffix('}').map(str::to_owned)),
            None => (name, None),
        };
        Self {
            kind: kinds.into_iter().find(|k| k.as_str() == kind).unwrap(),
            name: name.to_owned(),
            label,
            unit: parts.next().map(|unit| Unit::from_string(&unit).unwrap()),
        }
    }

    fn describe(&self, registry: &Registry) {
        let described = registry.describe(self.kind, &self.name, self.unit, "What it is.");
        described.unwrap();
    }

    /// Makes a series for each of the values, or one without labels.
    fn record(&self, registry: &Registry, values: impl Iterator<Item = String>) {
        for value in values {
            let labels = self.label.as_deref().map(|label| (label, value.as_str()));
            let labels = labels.as_slice();
            match self.kind {
                Kind::Counter => drop::<Counter>(registry.counter(&self.name, labels).unwrap()),
                Kind::Gauge => drop::<Gauge>(registry.gauge(&self.name, labels).unwrap()),
                _ => drop::<Histogram>(registry.histogram(&self.name, labels).unwrap()),
            }
        }
    }
}

/// Words without digits.
fn words(count: usize) -> impl Iterator<Item = String> {
    let letter = |number: usize| char::from(b'a' + u8::try_from(number % 26).unwrap());
    (0..count).map(move |number| {
        [number / 676, number / 26, number]
            .map(letter)
            .into_iter()
            .collect()
    })
}

#[test]
fn every_rule_is_listed_with_an_example_that_offends_against_it_alone() {
    let (_, table) = METRICS.split_once("| rule | asks that |").unwrap();
    let rows = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let rows: Vec<_> = rows
        .map(|row| {
            let cells: Vec<_> = row.split(" | ").collect();
            (quoted(cells[0]).next().unwrap(), cells[2])
        })
        .collect();
    let listed = rows.iter().map(|(rule, _)| rule.as_str());
    assert!(listed.eq(Rule::ALL.iter().map(|rule| rule.as_str())));

    for (&rule, (_, cell)) in Rule::ALL.iter().zip(rows) {
        let registry = Registry::builder().lint_interval(Duration::ZERO);
        let registry = registry.build().unwrap();
        let example = Example::of(cell);
        if rule != Rule::MissingHelp {
            example.describe(&registry);
        }
        match rule {
            Rule::Identifiers => {
                example.record(&registry, (1..=101).map(|number| number.to_string()));
            }
            Rule::ManyValues => example.record(&registry, words(1_001)),
            Rule::GrowingValues => {
                for minute in 0..3 {
                    example.record(&registry, words(101 + minute));
                    assert_eq!(registry.lint(), [], "{minute}");
                }
                example.record(&registry, words(104));
            }
            _ => example.record(&registry, words(1)),
        }
        let found = registry.lint();
        assert_eq!(found.len(), 1, "{rule}: {found:?}");
        assert_eq!(
            (found[0].rule, &*found[0].metric),
            (rule, example.name.as_str())
        );
    }
}

#[test]
fn all_that_steeple_exposes_is_clean() {
    let api = MetricNames::ActixWebProm {
        namespace: "api".to_owned(),
    };
    for names in [
        MetricNames::SemanticConventions,
        MetricNames::Classic,
        MetricNames::AxumPrometheus,
        api,
    ] {
        // With a limit of 1 everything is exposed.
        for series_limit in [1, 100] {
            let steeple = observed_by(names.clone(), series_limit);
            assert_eq!(steeple.registry().lint(), [], "{names:?}");
        }
    }
}
