//! Python's `prometheus_client` as a second reader of expositions.

use serde_json::Value;

use super::{BackendError, Sample, program::output_of};

/// A metric family, as the reference parser read it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Family {
    /// Its name, for a counter without `_total`.
    pub name: String,
    /// `counter`, `gauge`, `histogram`, `summary`, `untyped` or `unknown`.
    pub kind: String,
    /// Its help text, unescaped.
    pub help: String,
    /// Its samples, in order.
    pub samples: Vec<Sample>,
}

/// Reads an exposition in the text format 0.0.4.
///
/// # Errors
///
/// When python3 or its module `prometheus_client` is not here, or refuses the text.
pub fn parse_exposition(exposition: &str) -> Result<Vec<Family>, BackendError> {
    let script = include_str!("exposition.py");
    let answer = output_of("python3", &["-c", script], exposition)?;
    families(&answer).ok_or_else(|| BackendError::Answer {
        question: "prometheus_client".to_owned(),
        answer,
    })
}

/// Lets Python's readers of the text format, of OpenMetrics and of protobuf read registries, each a line of JSON with the
/// fields `text`, `open_metrics`, `protobuf` (each byte a character), `created` (the first and the last millisecond in which series
/// were made) and `held`, by formats that tell them the facts: each what it is about, a name, labels, and what is so. All
/// three have to tell just these. Returns how many registries there were.
///
/// # Errors
///
/// When python3 or one of its modules is not here, or a registry reads back as anything else.
pub fn read_back(registries: &str) -> Result<usize, BackendError> {
    let script = include_str!("round_trip.py");
    let answer = output_of("python3", &["-c", script], registries)?;
    answer.trim().parse().map_err(|_| BackendError::Answer {
        question: "how many registries read back".to_owned(),
        answer,
    })
}

fn families(answer: &str) -> Option<Vec<Family>> {
    serde_json::from_str::<Value>(answer)
        .ok()?
        .as_array()?
        .iter()
        .map(|family| {
            let text = |key: &str| family[key].as_str().map(str::to_owned);
            let samples = family["samples"]
                .as_array()?
                .iter()
                .map(|sample| {
                    Sample::from_json(&sample["name"], &sample["labels"], &sample["value"])
                })
                .collect::<Option<_>>()?;
            Some(Family {
                name: text("name")?,
                kind: text("kind")?,
                help: text("help")?,
                samples,
            })
        })
        .collect()
}
