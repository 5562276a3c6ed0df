//! All figures of one run, and the table that shows them.

mod comparison;
mod measure;
mod table;

pub use self::comparison::{Comparison, Measure};
use crate::{Allocations, Subject, Throughput};

/// The figures of one subject; `None` where the measure was left out of the run.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Whose they are.
    pub subject: Subject,
    /// Instructions a request.
    pub instructions: Option<f64>,
    /// Allocations and bytes a request.
    pub allocations: Option<Allocations>,
    /// Nanoseconds a request on one thread.
    pub nanoseconds: Option<f64>,
    /// Requests a second on one thread and on two.
    pub throughput: Option<Throughput>,
}

/// The figures of one run.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Whether the run was to count instructions, which needs valgrind.
    pub with_instructions: bool,
    /// The figures a request, one row a subject.
    pub rows: Vec<Row>,
    /// What the registry costs beside its peers.
    pub comparisons: Vec<Comparison>,
}

impl Report {
    /// The row of `subject`.
    #[must_use]
    pub fn row(&self, subject: Subject) -> Option<&Row> {
        self.rows.iter().find(|row| row.subject == subject)
    }

    /// The figure of `name` in a comparison.
    #[must_use]
    pub fn figure(&self, measure: Measure, name: &str) -> Option<f64> {
        let comparison = self
            .comparisons
            .iter()
            .find(|comparison| comparison.measure == measure)?;
        comparison.figure(name)
    }

    /// How well a subject scales to two threads, where the bare application is 1.
    ///
    /// `None` where the bare application itself did not get two processors: then nobody would scale, and
    /// everybody would look alike.
    #[must_use]
    pub fn relative_scaling(&self, row: &Row) -> Option<f64> {
        const TWO_PROCESSORS: f64 = 1.4;
        let bare = self
            .row(row.subject.framework().bare())?
            .throughput?
            .scaling();
        (bare >= TWO_PROCESSORS).then_some(row.throughput?.scaling() / bare)
    }
}
