//! The report as Markdown.

use std::fmt::{self, Display, Formatter};

use super::{Comparison, Report, Row};
use crate::{
    bars::{Limit, bars},
    machine,
};

impl Display for Report {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{}, {}",
            machine::processor(),
            machine::compiler()
        )?;
        writeln!(formatter, "{}\n", machine::versions().join(", "))?;
        self.requests(formatter)?;
        for Comparison { measure, figures } in &self.comparisons {
            writeln!(formatter, "| {} | |\n|---|---:|", measure.title())?;
            for (name, figure) in figures {
                writeln!(formatter, "| {name} | {} |", Figure(Some(*figure), 2))?;
            }
            writeln!(formatter)?;
        }
        self.bars(formatter)
    }
}

impl Report {
    fn requests(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "| subject | instructions | over bare | over do-nothing | allocations | bytes \
             | ns | over bare | requests/s, 1 thread | 2 threads | scaling | relative to bare |\n\
             |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
        )?;
        for row in &self.rows {
            let framework = row.subject.framework();
            let (bare, do_nothing) = (self.row(framework.bare()), self.row(framework.do_nothing()));
            let over = |baseline: Option<&Row>, figure: fn(&Row) -> Option<f64>| {
                Some(figure(row)? - figure(baseline?)?)
            };
            let instructions: fn(&Row) -> Option<f64> = |row| row.instructions;
            let throughput = row.throughput;
            writeln!(
                formatter,
                "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
                row.subject,
                Figure(instructions(row), 0),
                Figure(over(bare, instructions), 0),
                Figure(over(do_nothing, instructions), 0),
                Figure(row.allocations.map(|allocations| allocations.count), 2),
                Figure(row.allocations.map(|allocations| allocations.bytes), 0),
                Figure(row.nanoseconds, 0),
                Figure(over(bare, |row| row.nanoseconds), 0),
                Figure(throughput.map(|throughput| throughput.one), 0),
                Figure(throughput.map(|throughput| throughput.two), 0),
                Figure(throughput.map(|throughput| throughput.scaling()), 2),
                Figure(self.relative_scaling(row), 2),
            )?;
        }
        writeln!(formatter)
    }

    fn bars(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "| bar | measured | limit | |\n|---|---:|---:|---|"
        )?;
        for bar in bars(self) {
            let limit = match bar.limit {
                Limit::AtMost(limit) => format!("at most {limit}"),
                Limit::AtLeast(limit) => format!("at least {limit}"),
            };
            let verdict = bar.verdict();
            let measured = Figure(bar.measured, 3);
            writeln!(
                formatter,
                "| {} | {measured} | {limit} | {verdict} |",
                bar.name
            )?;
        }
        Ok(())
    }
}

/// A figure with so many decimals, or a dash.
struct Figure(Option<f64>, usize);

impl Display for Figure {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(figure) => write!(formatter, "{figure:.*}", self.1),
            None => formatter.write_str("-"),
        }
    }
}
