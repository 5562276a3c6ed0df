//! Labels that all pushed metrics get.

use crate::PushError;

/// Accepts what Prometheus lets a label be called, each once, without the `reserved` ones, which have setters of their own.
pub(crate) fn check(labels: &[(String, String)], reserved: &[&str]) -> Result<(), PushError> {
    for (position, (label, _)) in labels.iter().enumerate() {
        if !is_name(label) || reserved.contains(&label.as_str()) {
            return Err(PushError::Label {
                label: label.clone(),
            });
        }
        if labels[..position].iter().any(|(other, _)| other == label) {
            return Err(PushError::DuplicateLabel {
                label: label.clone(),
            });
        }
    }
    Ok(())
}

/// See [the data model](https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels).
fn is_name(label: &str) -> bool {
    !label.is_empty()
        && !label.starts_with("__")
        && !label.starts_with(|first: char| first.is_ascii_digit())
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
