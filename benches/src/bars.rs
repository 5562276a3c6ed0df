//! The bars that steeple has to clear.

use crate::report::{Report, Row};

/// One bar: a figure and its limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// What is limited, with its unit.
    pub name: &'static str,
    /// What was measured; `None` where the measure was left out of the run.
    pub measured: Option<f64>,
    /// What it may be.
    pub limit: Limit,
}

/// Which side of a figure is the good one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
}

impl Bar {
    /// Whether the figure was measured and is on the good side.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.measured.is_some_and(|measured| match self.limit {
            Limit::AtMost(limit) => measured <= limit,
            Limit::AtLeast(limit) => measured >= limit,
        })
    }
}

/// The name under which steeple stands in every table.
const STEEPLE: &str = "steeple";

/// The bars, with what `report` measured for them.
#[must_use]
pub fn bars(report: &Report) -> Vec<Bar> {
    let steeple = report.row(STEEPLE);
    let over = |baseline: &str, figure: fn(&Row) -> Option<f64>| {
        Some(figure(steeple?)? - figure(report.row(baseline)?)?)
    };
    let floor_over_bare =
        || Some(report.row("floor")?.nanoseconds? - report.row("bare")?.nanoseconds?);
    vec![
        Bar {
            name: "instructions a request over do-nothing",
            measured: over("do-nothing", |row| row.instructions),
            limit: Limit::AtMost(2_500.0),
        },
        Bar {
            name: "allocations a request over do-nothing",
            measured: over("do-nothing", |row| Some(row.allocations?.count)),
            limit: Limit::AtMost(0.01),
        },
        Bar {
            name: "wall time over bare, as a multiple of the floor's",
            measured: over("bare", |row| row.nanoseconds)
                .zip(floor_over_bare())
                .map(|(ours, floor)| ours / floor),
            limit: Limit::AtMost(2.0),
        },
        Bar {
            name: "scaling to two threads, relative to bare",
            measured: steeple.and_then(|row| report.relative_scaling(row)),
            limit: Limit::AtLeast(0.95),
        },
        Bar {
            name: "histogram record, as a multiple of the floor's",
            measured: cost(&report.record, STEEPLE)
                .zip(cost(&report.record, "floor"))
                .map(|(ours, floor)| ours / floor),
            limit: Limit::AtMost(1.5),
        },
        Bar {
            name: "nanoseconds a rendered line",
            measured: cost(&report.render, STEEPLE),
            limit: Limit::AtMost(250.0),
        },
    ]
}

fn cost(costs: &[(String, f64)], name: &str) -> Option<f64> {
    costs
        .iter()
        .find_map(|(other, cost)| (other == name).then_some(*cost))
}
