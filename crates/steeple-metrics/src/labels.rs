use std::{
    borrow::{Borrow, Cow},
    fmt,
    sync::Arc,
};

use crate::{Kind, RegisterError, name};

/// The label of the series that takes what is beyond a metric's limits, named as the OpenTelemetry SDK
/// specification says.
pub(crate) const OVERFLOW_LABELS: &str = r#"otel_metric_overflow="true""#;

const OVERFLOW_LABEL: &str = "otel_metric_overflow";

/// The labels of one series, sorted by name and kept as the text format writes them: `a="1",b="2"`.
///
/// A clone shares the text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Labels(Arc<str>);

impl Labels {
    /// Takes text that is [`escaped`] already.
    pub(crate) fn from_escaped(text: &str) -> Self {
        Self(text.into())
    }

    /// The labels as the text format writes them between the braces.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The names and values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        let mut rest = &*self.0;
        std::iter::from_fn(move || {
            let (name, quoted) = rest.split_once("=\"")?;
            let end = closing_quote(quoted);
            rest = quoted[end..].strip_prefix("\",").unwrap_or_default();
            Some((name, unescaped(&quoted[..end])))
        })
    }

    /// The value of the label `name`.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        self.iter()
            .find_map(|(key, value)| (key == name).then_some(value))
    }
}

impl Borrow<str> for Labels {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}", self.0)
    }
}

/// Refuses label names that [`escaped`] would have to change beyond their dots.
pub(crate) fn validate(kind: Kind, labels: &[(&str, &str)]) -> Result<(), RegisterError> {
    for (position, (label, _)) in labels.iter().enumerate() {
        if !name::is_valid_label_name(label) {
            return Err(RegisterError::InvalidLabel {
                label: (*label).into(),
            });
        }
        let exposed = name::label_name(label);
        if is_reserved(kind, &exposed) {
            return Err(RegisterError::ReservedLabel {
                label: (*label).into(),
            });
        }
        if labels[..position]
            .iter()
            .any(|(earlier, _)| name::label_name(earlier) == exposed)
        {
            return Err(RegisterError::DuplicateLabel {
                label: (*label).into(),
            });
        }
    }
    Ok(())
}

/// The text of a label set: two sets give the same text only if Prometheus could not tell them apart, or if
/// their names differ only in characters that Prometheus does not allow.
pub(crate) fn escaped<'a>(kind: Kind, labels: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut pairs: Vec<_> = labels
        .filter(|(_, value)| !value.is_empty())
        .map(|(original, value)| (exposed_name(kind, original), original, value))
        .collect();
    pairs.sort_unstable();

    let mut text = String::with_capacity(
        pairs
            .iter()
            .map(|(name, _, value)| name.len() + value.len() + 4)
            .sum(),
    );
    for (position, (name, _, value)) in pairs.iter().enumerate() {
        let repeated = position > 0 && pairs[position - 1].0 == *name;
        if repeated {
            // The specification's way to keep both values of names that coincide.
            text.pop();
            text.push(';');
        } else {
            if position > 0 {
                text.push(',');
            }
            text.push_str(name);
            text.push_str("=\"");
        }
        escape_into(&mut text, value);
        text.push('"');
    }
    text
}

fn exposed_name(kind: Kind, original: &str) -> Cow<'_, str> {
    let name = name::label_name(original);
    if is_reserved(kind, &name) {
        format!("exported_{name}").into()
    } else {
        name
    }
}

fn is_reserved(kind: Kind, name: &str) -> bool {
    name.starts_with("__") || name == OVERFLOW_LABEL || (kind == Kind::Histogram && name == "le")
}

fn escape_into(text: &mut String, value: &str) {
    let mut rest = value;
    while let Some(at) = rest.find(['\\', '"', '\n']) {
        text.push_str(&rest[..at]);
        text.push_str(match rest.as_bytes()[at] {
            b'\n' => "\\n",
            b'"' => "\\\"",
            _ => "\\\\",
        });
        rest = &rest[at + 1..];
    }
    text.push_str(rest);
}

/// Where the value ends whose opening quote is just before `quoted`.
fn closing_quote(quoted: &str) -> usize {
    let mut escape = false;
    quoted
        .bytes()
        .position(|byte| {
            let closes = byte == b'"' && !escape;
            escape = byte == b'\\' && !escape;
            closes
        })
        .unwrap_or(quoted.len())
}

fn unescaped(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return value.into();
    }
    let mut plain = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        plain.extend(match character {
            '\\' => characters
                .next()
                .map(|escaped| if escaped == 'n' { '\n' } else { escaped }),
            other => Some(other),
        });
    }
    plain.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(labels: &[(&str, &str)]) -> String {
        escaped(Kind::Histogram, labels.iter().copied())
    }

    #[test]
    fn labels_are_sorted_and_escaped() {
        assert_eq!(
            text(&[("b", "x\\y\"\n"), ("a", "1")]),
            r#"a="1",b="x\\y\"\n""#
        );
        assert_eq!(text(&[]), "");
    }

    #[test]
    fn an_empty_value_is_an_absent_label() {
        assert_eq!(text(&[("a", ""), ("b", "1")]), text(&[("b", "1")]));
    }

    #[test]
    fn coinciding_names_keep_both_values() {
        assert_eq!(text(&[("a_b", "2"), ("a.b", "1")]), r#"a_b="1;2""#);
    }

    #[test]
    fn reserved_names_are_set_aside() {
        assert_eq!(
            text(&[
                ("le", "1"),
                ("__name__", "x"),
                ("otel.metric.overflow", "true")
            ]),
            r#"exported___name__="x",exported_le="1",exported_otel_metric_overflow="true""#
        );
        assert_eq!(escaped(Kind::Gauge, [("le", "1")].into_iter()), r#"le="1""#);
    }

    #[test]
    fn bad_label_names_are_told_apart() {
        let refused = |labels: &[(&str, &str)]| validate(Kind::Histogram, labels).unwrap_err();
        assert!(
            matches!(refused(&[("a b", "1")]), RegisterError::InvalidLabel { label } if label == "a b")
        );
        assert!(matches!(
            refused(&[("le", "1")]),
            RegisterError::ReservedLabel { .. }
        ));
        assert!(matches!(
            refused(&[("a.b", "1"), ("a_b", "1")]),
            RegisterError::DuplicateLabel { .. }
        ));
        assert!(validate(Kind::Counter, &[("le", "1"), ("http.route", "/")]).is_ok());
    }

    proptest! {
        #[test]
        fn values_survive_the_escaping(values in prop::collection::vec("(?s)[\\\\\",n\n=\u{e9}-\u{10ffff}]{0,9}", 0..5)) {
            let names = ["a", "b", "c", "d", "e"];
            let pairs: Vec<_> = names.into_iter().zip(values.iter().map(String::as_str)).collect();
            let labels = Labels::from_escaped(&text(&pairs));
            let read: Vec<_> = labels.iter().map(|(name, value)| (name, value.into_owned())).collect();
            let written: Vec<_> =
                pairs.into_iter().filter(|(_, value)| !value.is_empty()).map(|(n, v)| (n, v.to_owned())).collect();
            prop_assert_eq!(read, written);
        }
    }
}
