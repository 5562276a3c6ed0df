//! Making the figures: every subject in a process of its own, round after round.

use super::{Measure, Report, Row};
use crate::{
    Allocations, Subject, Throughput,
    child::{self, ChildError},
    instructions,
    timing::median,
};

/// Each round measures every subject once, so that a disturbance hits all of them alike.
const ROUNDS: usize = 7;

impl Report {
    /// Measures everything; `with_instructions` needs valgrind and takes the most time.
    ///
    /// # Errors
    ///
    /// When a measuring process cannot be started or fails.
    pub fn measure(with_instructions: bool) -> Result<Self, ChildError> {
        let mut nanoseconds = vec![Vec::new(); Subject::ALL.len()];
        let mut throughputs = vec![Vec::new(); Subject::ALL.len()];
        for round in 1..=ROUNDS {
            eprintln!("time and scaling: round {round} of {ROUNDS}");
            for (index, subject) in Subject::ALL.into_iter().enumerate() {
                let [time] = child::figures(&["time", subject.name()])?;
                let [one, two] = child::figures(&["scaling", subject.name()])?;
                nanoseconds[index].push(time);
                throughputs[index].push(Throughput { one, two });
            }
        }
        let rows = Subject::ALL
            .into_iter()
            .zip(nanoseconds)
            .zip(throughputs)
            .map(|((subject, nanoseconds), throughputs)| {
                eprintln!("instructions and allocations: {subject}");
                let [count, bytes] = child::figures(&["allocations", subject.name()])?;
                Ok(Row {
                    subject,
                    instructions: with_instructions
                        .then(|| instructions::per_request(subject))
                        .transpose()?,
                    allocations: Some(Allocations { count, bytes }),
                    nanoseconds: Some(median(nanoseconds)),
                    throughput: Some(best(&throughputs)),
                })
            })
            .collect::<Result<_, _>>()?;
        eprintln!("the registry and its peers");
        let comparisons = Measure::ALL.into_iter().map(Measure::compare);
        Ok(Self {
            with_instructions,
            rows,
            comparisons: comparisons.collect::<Result<_, _>>()?,
        })
    }
}

fn best(throughputs: &[Throughput]) -> Throughput {
    let nothing = Throughput { one: 0.0, two: 0.0 };
    throughputs.iter().fold(nothing, |best, round| Throughput {
        one: best.one.max(round.one),
        two: best.two.max(round.two),
    })
}
