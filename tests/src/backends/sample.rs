//! One value with its labels.

use std::collections::BTreeMap;

use serde_json::Value;

/// A series' value, as a server or parser read it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Sample {
    /// The sample's name; empty where a query's result has none.
    pub name: String,
    /// Its labels, without the name.
    pub labels: BTreeMap<String, String>,
    /// Its value.
    pub value: f64,
}

impl Sample {
    /// From a JSON object of labels and a value written as a string, which can be infinite.
    pub(crate) fn from_json(name: &Value, labels: &Value, value: &Value) -> Option<Self> {
        let labels = labels
            .as_object()?
            .iter()
            .filter(|(label, _)| *label != "__name__")
            .map(|(label, value)| Some((label.clone(), value.as_str()?.to_owned())))
            .collect::<Option<_>>()?;
        Some(Self {
            name: name.as_str().unwrap_or_default().to_owned(),
            labels,
            value: value.as_str()?.parse().ok()?,
        })
    }
}
