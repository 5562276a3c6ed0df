//! The bars that steeple has to clear.

use std::fmt;

use crate::{
    Framework, Subject,
    report::{Measure, Report, Row},
};

/// One bar: a figure and its limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// What is limited, with its unit.
    pub name: String,
    /// What was measured; `None` where the measure was left out of the run or gave nothing to go by.
    pub measured: Option<f64>,
    /// Whether the run was to measure it.
    pub asked: bool,
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

/// How a figure stands to its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// On the good side.
    Met,
    /// On the bad side.
    Missed,
    /// There is no figure.
    NotMeasured,
}

impl Bar {
    /// How the figure stands to its limit.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let good = self.measured.map(|measured| match self.limit {
            Limit::AtMost(limit) => measured <= limit,
            Limit::AtLeast(limit) => measured >= limit,
        });
        match good {
            Some(true) => Verdict::Met,
            Some(false) => Verdict::Missed,
            None => Verdict::NotMeasured,
        }
    }

    /// Whether a check passes it: met, or left out of the run on purpose.
    #[must_use]
    pub fn passes(&self) -> bool {
        match self.verdict() {
            Verdict::Met => true,
            Verdict::Missed => false,
            Verdict::NotMeasured => !self.asked,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Met => "met",
            Self::Missed => "MISSED",
            Self::NotMeasured => "not measured",
        })
    }
}

/// The name under which steeple stands among the recorders.
const STEEPLE: &str = "steeple";

/// What records into a histogram, and how many times the floor's it may take.
const RECORDS: [(&str, f64); 4] = [
    (STEEPLE, 1.5),
    ("steeple with exemplars", 2.0),
    ("steeple, native histogram", 1.5),
    ("steeple, summary", 1.5),
];

/// What steeple renders and as what.
const RENDERS: [&str; 9] = [
    STEEPLE,
    "steeple, OpenMetrics",
    "steeple, protobuf",
    "steeple, exemplars, OpenMetrics",
    "steeple, exemplars, protobuf",
    "steeple, native histograms",
    "steeple, native histograms, protobuf",
    "steeple, summaries",
    "steeple, summaries, protobuf",
];

/// The bars, with what `report` measured for them.
#[must_use]
pub fn bars(report: &Report) -> Vec<Bar> {
    let mut bars = Vec::new();
    for framework in Framework::ALL {
        bars.extend(bars_of(framework, report));
    }
    let over_bare = |framework: Framework| {
        let [steeple, bare] = [framework.steeple(), framework.bare()]
            .map(|subject| report.row(subject).and_then(|row| row.instructions));
        Some(steeple? - bare?)
    };
    bars.push(Bar {
        name: "tonic: instructions a request over bare, as a multiple of axum's".to_owned(),
        measured: over_bare(Framework::Tonic)
            .zip(over_bare(Framework::Axum))
            .map(|(tonic, axum)| tonic / axum),
        asked: report.with_instructions,
        limit: Limit::AtMost(1.15),
    });
    bars.extend(bars_of_signals(report));
    bars.extend(bars_of_the_registry(report));
    bars
}

/// The bars of a request on `framework`.
fn bars_of(framework: Framework, report: &Report) -> Vec<Bar> {
    let (instructions, allocations) = match framework {
        Framework::Axum => (2_500.0, 0.01),
        // actix-web tells the route as a new `String`.
        Framework::Actix => (3_000.0, 2.0),
        // What is within 15 % of axum's.
        Framework::Tonic => (2_875.0, 0.01),
    };
    let [bare, do_nothing, floor, steeple] = [
        framework.bare(),
        framework.do_nothing(),
        framework.floor(),
        framework.steeple(),
    ]
    .map(|subject| report.row(subject));
    let over = |row: Option<&Row>, baseline: Option<&Row>, figure: fn(&Row) -> Option<f64>| {
        Some(figure(row?)? - figure(baseline?)?)
    };
    let mut bars = vec![
        Bar {
            name: format!("{framework}: instructions a request over do-nothing"),
            measured: over(steeple, do_nothing, |row| row.instructions),
            asked: report.with_instructions,
            limit: Limit::AtMost(instructions),
        },
        Bar {
            name: format!("{framework}: allocations a request over do-nothing"),
            measured: over(steeple, do_nothing, |row| Some(row.allocations?.count)),
            asked: true,
            limit: Limit::AtMost(allocations),
        },
        Bar {
            name: format!("{framework}: scaling to two threads, relative to bare"),
            measured: steeple.and_then(|row| report.relative_scaling(row)),
            asked: true,
            limit: Limit::AtLeast(0.95),
        },
    ];
    // The floor knows nothing of calls, so on tonic it does a part of the work only.
    if framework != Framework::Tonic {
        bars.push(Bar {
            name: format!("{framework}: wall time over bare, as a multiple of the floor's"),
            measured: over(steeple, bare, |row| row.nanoseconds)
                .zip(over(floor, bare, |row| row.nanoseconds))
                .map(|(ours, floor)| ours / floor),
            asked: true,
            limit: Limit::AtMost(2.0),
        });
    }
    bars
}

/// The bars of requests with traces, of a span in them, of requests whose errors would be sent to Sentry, and of access logs.
fn bars_of_signals(report: &Report) -> Vec<Bar> {
    let cases = [
        (
            "every request traced",
            Subject::Traced,
            Subject::DoNothing,
            10_000.0,
            10.0,
        ),
        (
            "one request in 100 traced",
            Subject::TracedHundredth,
            Subject::DoNothing,
            3_500.0,
            1.0,
        ),
        (
            "no request traced",
            Subject::TracedNever,
            Subject::DoNothing,
            2_900.0,
            0.01,
        ),
        (
            "a span, traced",
            Subject::TracedSpan,
            Subject::Traced,
            3_000.0,
            4.0,
        ),
        (
            "a span, not traced",
            Subject::TracedNeverSpan,
            Subject::TracedNever,
            300.0,
            0.01,
        ),
        (
            "Sentry on and no error",
            Subject::Sentry,
            Subject::Steeple,
            800.0,
            1.0,
        ),
        (
            "an access log",
            Subject::AccessLog,
            Subject::Steeple,
            3_500.0,
            0.1,
        ),
        (
            "Sentry on and no error",
            Subject::ActixSentry,
            Subject::ActixSteeple,
            800.0,
            1.0,
        ),
    ];
    let figure = |subject: Subject, figure: fn(&Row) -> Option<f64>| figure(report.row(subject)?);
    cases
        .into_iter()
        .flat_map(|(name, subject, baseline, instructions, allocations)| {
            let over =
                |of: fn(&Row) -> Option<f64>| Some(figure(subject, of)? - figure(baseline, of)?);
            [
                Bar {
                    name: format!("{name}: instructions over {baseline}"),
                    measured: over(|row| row.instructions),
                    asked: report.with_instructions,
                    limit: Limit::AtMost(instructions),
                },
                Bar {
                    name: format!("{name}: allocations over {baseline}"),
                    measured: over(|row| Some(row.allocations?.count)),
                    asked: true,
                    limit: Limit::AtMost(allocations),
                },
            ]
        })
        .collect()
}

/// The bars of what is done with metrics beside requests.
fn bars_of_the_registry(report: &Report) -> Vec<Bar> {
    let ours = |measure| report.figure(measure, STEEPLE);
    let over = |measure, name| Some(ours(measure)? / report.figure(measure, name)?);
    let bar = |name: &str, measured, most| Bar {
        name: name.to_owned(),
        measured,
        asked: true,
        limit: Limit::AtMost(most),
    };
    let mut bars = Vec::new();
    for (name, most) in RECORDS {
        let figure = |measure| report.figure(measure, name);
        let over = |figure: Option<f64>, other: Option<f64>| Some(figure? / other?);
        bars.push(bar(
            &format!("{name}: a record, as a multiple of the floor's"),
            over(
                figure(Measure::Record),
                report.figure(Measure::Record, "floor"),
            ),
            most,
        ));
        bars.push(bar(
            &format!("{name}: a record on each of two threads, as a multiple of that on one"),
            over(figure(Measure::ContendedRecord), figure(Measure::Record)),
            1.5,
        ));
    }
    let event = |name| report.figure(Measure::Event, name);
    bars.push(Bar {
        name: "events in three nested spans, as a multiple of tracing-subscriber's throughput"
            .to_owned(),
        measured: event("tracing-subscriber, JSON")
            .zip(event(STEEPLE))
            .map(|(theirs, ours)| theirs / ours),
        asked: true,
        limit: Limit::AtLeast(5.0),
    });
    bars.extend([
        bar(
            "ns an increment by labels of run time",
            ours(Measure::Lookup),
            60.0,
        ),
        bar(
            "allocations an increment by labels of run time",
            ours(Measure::LookupAllocations),
            0.0,
        ),
        bar(
            "bytes of two series, as a multiple of prometheus-client's",
            over(Measure::Memory, "prometheus-client"),
            1.0,
        ),
    ]);
    for lines in [10_000, 100_000] {
        for name in RENDERS {
            bars.push(bar(
                &format!("{name}: ns a line, {lines} lines"),
                report.figure(Measure::Render(lines), name),
                150.0,
            ));
            bars.push(bar(
                &format!("{name}: allocations a line, {lines} lines"),
                report.figure(Measure::RenderAllocations(lines), name),
                0.01,
            ));
        }
    }
    bars
}

#[cfg(test)]
mod tests {
    use super::{Bar, Limit, Verdict, bars};
    use crate::{Framework, report::Report};

    fn bar(measured: Option<f64>, limit: Limit) -> Bar {
        Bar {
            name: "a bar".to_owned(),
            measured,
            asked: true,
            limit,
        }
    }

    #[test]
    fn a_figure_is_met_up_to_its_limit_and_missed_beyond() {
        let verdict = |measured, limit| bar(Some(measured), limit).verdict();
        assert_eq!(verdict(2.0, Limit::AtMost(2.0)), Verdict::Met);
        assert_eq!(verdict(2.1, Limit::AtMost(2.0)), Verdict::Missed);
        assert_eq!(verdict(2.0, Limit::AtLeast(2.0)), Verdict::Met);
        assert_eq!(verdict(1.9, Limit::AtLeast(2.0)), Verdict::Missed);
    }

    #[test]
    fn only_what_was_not_asked_for_may_go_unmeasured() {
        let report = Report {
            with_instructions: false,
            ..Report::default()
        };
        let bars = bars(&report);
        assert!(bars.iter().all(|bar| bar.verdict() == Verdict::NotMeasured));
        let passing: Vec<_> = bars.iter().filter(|bar| bar.passes()).collect();
        // One for each framework, that of tonic beside axum, five of traces, two of Sentry and one of the access log.
        assert_eq!(passing.len(), Framework::ALL.len() + 9, "{passing:?}");
        assert!(
            passing.iter().all(|bar| bar.name.contains("instructions")),
            "{passing:?}"
        );
    }

    #[test]
    fn a_missed_bar_fails_though_nobody_asked() {
        let missed = Bar {
            asked: false,
            ..bar(Some(3.0), Limit::AtMost(2.0))
        };
        assert!(!missed.passes());
    }
}
