use std::{
    borrow::{Borrow, Cow},
    fmt,
    sync::Arc,
};

use metrics::Label;

use crate::{Kind, RegisterError, name};

/// The label of the series that takes what is beyond a metric's limits, named as the OpenTelemetry SDK
/// specification says.
pub(crate) const OVERFLOW_LABEL: &str = "otel_metric_overflow";

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
        pairs(&self.0).map(|(name, value)| (name, unescaped(value)))
    }

    /// Whether both are of the very same series, and not of one that was registered again after it had expired.
    #[must_use]
    pub fn is_same_series(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether these are all that is left of a series: its registry let go of it, and there is no other copy.
    #[must_use]
    pub fn is_orphaned(&self) -> bool {
        Arc::strong_count(&self.0) == 1
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

/// Refuses label names that [`escaped`] would have to change beyond their dots; with `utf8_names` all characters do.
pub(crate) fn validate(
    kind: Kind,
    labels: &[(&str, &str)],
    utf8_names: bool,
) -> Result<(), RegisterError> {
    for (position, (label, _)) in labels.iter().enumerate() {
        if !(name::is_valid_label_name(label) || utf8_names && !label.is_empty()) {
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
    plain_text(&sorted(kind, labels))
}

/// As [`escaped`].
pub(crate) fn plain_text(labels: &[SortedLabel<'_>]) -> String {
    text(labels, |text, name, _| text.push_str(name))
}

/// Whether `text` is that of `labels`, in any order, and of `global` ones, each of them [`escaped`], told without an
/// allocation. It may say no though it is, where a name or value has characters that are written in another way.
pub(crate) fn are_plainly(mut text: &str, labels: &[Label], global: &[Box<str>]) -> bool {
    let mut found = 0;
    while !text.is_empty() {
        // Whoever gives them sorted is answered at once.
        let in_order = labels.get(found);
        let in_order = in_order.and_then(|label| without_label(text, label));
        let own = in_order.or_else(|| labels.iter().find_map(|label| without_label(text, label)));
        found += usize::from(own.is_some());
        let inherited = || global.iter().find_map(|label| text.strip_prefix(&**label));
        let Some(rest) = own.or_else(inherited) else {
            return false;
        };
        text = rest.strip_prefix(',').unwrap_or(rest);
    }
    found == labels.len()
}

/// What is behind `label`, if that comes first.
#[inline]
fn without_label<'a>(text: &'a str, label: &Label) -> Option<&'a str> {
    let (name, value) = (label.key(), label.value());
    let after_name = text.strip_prefix(name).or_else(|| {
        let (given, rest) = text.split_at_checked(name.len())?;
        let same = given.bytes().zip(name.bytes());
        let same = same.fold(true, |all, (given, byte)| {
            all & (given == byte || given == b'_' && byte == b'.')
        });
        same.then_some(rest)
    })?;
    let rest = after_name.strip_prefix("=\"")?.strip_prefix(value)?;
    // Otherwise a value could reach over its own end, or be one that is written like another.
    let is_plain = value.bytes().fold(true, |all, byte| {
        all & !matches!(byte, b'\\' | b'"' | b'\n')
    });
    rest.strip_prefix('"').filter(|_| is_plain)
}

/// The text of a label set with the names as they were given, those in quotes that need it; `None` if no name does.
pub(crate) fn utf8_text(kind: Kind, labels: &[SortedLabel<'_>]) -> Option<String> {
    let is_changed = |(name, original, _): &SortedLabel<'_>| name != original;
    labels.iter().any(is_changed).then(|| {
        text(labels, |text, name, original| {
            let is_renamed = original.is_empty() || is_reserved(kind, &name::label_name(original));
            let shown = if is_renamed { name } else { original };
            if name::is_allowed(shown.chars(), name::is_label_character) {
                text.push_str(shown);
            } else {
                push_quoted(text, shown);
            }
        })
    })
}

/// The names and values of a label set's text, both escaped, the names without quotes.
pub(crate) fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (name, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_at(closing_quote(quoted)),
            None => rest.split_at(rest.find('=')?),
        };
        let quoted = after
            .strip_prefix('"')
            .unwrap_or(after)
            .strip_prefix("=\"")?;
        let (value, after) = quoted.split_at(closing_quote(quoted));
        rest = after.strip_prefix("\",").unwrap_or_default();
        Some((name, value))
    })
}

/// The characters of an escaped name or value.
pub(crate) fn unescaped_characters(escaped: &str) -> impl Iterator<Item = char> + Clone {
    let mut characters = escaped.chars();
    std::iter::from_fn(move || match characters.next()? {
        '\\' => match characters.next()? {
            'n' => Some('\n'),
            escaped => Some(escaped),
        },
        other => Some(other),
    })
}

/// Writes an escaped name or value without the escapes.
pub(crate) fn push_unescaped(text: &mut String, escaped: &str) {
    if escaped.contains('\\') {
        text.extend(unescaped_characters(escaped));
    } else {
        text.push_str(escaped);
    }
}

/// Writes a name or value in quotes.
pub(crate) fn push_quoted(text: &mut String, content: &str) {
    text.push('"');
    push_escaped(text, content);
    text.push('"');
}

/// A label's name with underscores, its original name and its value.
pub(crate) type SortedLabel<'a> = (Cow<'a, str>, &'a str, &'a str);

/// The labels that are not empty, by their names.
pub(crate) fn sorted<'a>(
    kind: Kind,
    labels: impl Iterator<Item = (&'a str, &'a str)>,
) -> Vec<SortedLabel<'a>> {
    let mut sorted: Vec<_> = labels
        .filter(|(_, value)| !value.is_empty())
        .map(|(original, value)| (exposed_name(kind, original), original, value))
        .collect();
    sorted.sort_unstable();
    sorted
}

/// Writes labels, their names by `push_name`, which is given both names.
fn text(labels: &[SortedLabel<'_>], push_name: impl Fn(&mut String, &str, &str)) -> String {
    let mut text = String::with_capacity(
        labels
            .iter()
            .map(|(name, _, value)| name.len() + value.len() + 4)
            .sum(),
    );
    for (position, (name, original, value)) in labels.iter().enumerate() {
        let repeated = position > 0 && labels[position - 1].0 == *name;
        if repeated {
            // The specification's way to keep both values of names that coincide.
            text.pop();
            text.push(';');
        } else {
            if position > 0 {
                text.push(',');
            }
            push_name(&mut text, name, original);
            text.push_str("=\"");
        }
        push_escaped(&mut text, value);
        text.push('"');
    }
    text
}

/// The name with underscores, and set aside if it is reserved.
pub(crate) fn exposed_name(kind: Kind, original: &str) -> Cow<'_, str> {
    let name = name::label_name(original);
    if is_reserved(kind, &name) {
        format!("exported_{name}").into()
    } else {
        name
    }
}

fn is_reserved(kind: Kind, name: &str) -> bool {
    name.starts_with("__")
        || name == OVERFLOW_LABEL
        || (kind == Kind::Histogram && ["le", "quantile"].contains(&name))
}

/// Writes what stands between quotes.
pub(crate) fn push_escaped(text: &mut String, content: &str) {
    let mut rest = content;
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
    unescaped_characters(value).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::global_labels::GlobalLabels;

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
    fn names_of_any_characters_are_kept_in_quotes() {
        let kept = |labels: &[(&str, &str)]| {
            utf8_text(
                Kind::Histogram,
                &sorted(Kind::Histogram, labels.iter().copied()),
            )
        };
        assert_eq!(
            kept(&[
                ("http.route", "/"),
                ("a", "1"),
                ("a:b", "2"),
                ("q=\"\\", "3"),
                ("9", "4")
            ])
            .unwrap(),
            r#""9"="4",a="1","a:b"="2","http.route"="/","q=\"\\"="3""#
        );
        assert_eq!(
            kept(&[
                ("a_b", "2"),
                ("a.b", "1"),
                ("", "3"),
                ("..x", "4"),
                ("le", "5")
            ])
            .unwrap(),
            r#"_="3","a.b"="1;2",exported___x="4",exported_le="5""#
        );
        assert_eq!(kept(&[("a_b", "1"), ("a.b", "")]), None);
        let text = r#""q=\"\\="="3,\"",b="4""#;
        let read: Vec<_> = pairs(text).collect();
        assert_eq!(read, [(r#"q=\"\\="#, r#"3,\""#), ("b", "4")]);
    }

    #[test]
    fn bad_label_names_are_told_apart() {
        let refused =
            |labels: &[(&str, &str)]| validate(Kind::Histogram, labels, false).unwrap_err();
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
        assert!(validate(Kind::Counter, &[("le", "1"), ("http.route", "/")], false).is_ok());
    }

    #[test]
    fn labels_are_known_by_their_text_only_if_they_are_the_same() {
        let known = |text: &str, labels: &[(&'static str, &'static str)]| {
            let labels: Vec<_> = labels.iter().map(Label::from).collect();
            are_plainly(text, &labels, &[])
        };
        let text = r#"a="1",b_c="2""#;
        assert!(known(text, &[("a", "1"), ("b.c", "2")]));
        assert!(known(text, &[("b_c", "2"), ("a", "1")]));
        assert!(known("", &[]));
        assert!(!known(text, &[("a", "1")]));
        assert!(!known(text, &[("a", "1"), ("b_c", "2"), ("d", "")]));
        assert!(!known(text, &[("a", "1"), ("a", "1")]));
        assert!(!known(text, &[("a", r#"1",b_c="2"#)]));
        assert!(!known(r#"a="\n""#, &[("a", "\\n")]));
    }

    #[test]
    fn global_labels_are_known_beside_the_series_own() {
        let global = [r#"b="\"""#, r#"d="4""#].map(Box::from);
        let known = |text: &str, labels: &[(&'static str, &'static str)]| {
            let labels: Vec<_> = labels.iter().map(Label::from).collect();
            are_plainly(text, &labels, &global)
        };
        let text = r#"a="1",b="\"",c="3",d="4""#;
        assert!(known(text, &[("a", "1"), ("c", "3")]));
        assert!(known(text, &[("c", "3"), ("a", "1"), ("d", "4")]));
        assert!(!known(text, &[("a", "1")]));
        assert!(!known(text, &[("a", "1"), ("c", "3"), ("d", "5")]));
        assert!(!known(text, &[("a", "1"), ("c", "3"), ("e", "5")]));
        assert!(known(r#"b="2",d="4""#, &[("b", "2")]));
    }

    fn any_labels() -> impl Strategy<Value = Vec<(&'static str, String)>> {
        let name = prop::sample::select(vec!["a", "b", "b.c", "b_c", "le", "exported_le"]);
        prop::collection::vec((name, "[1;\"]{0,2}"), 0..4)
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

        #[test]
        fn labels_known_by_a_text_have_that_text(
            given in any_labels(), asked in any_labels(), global in any_labels(), kind in prop::sample::select(vec![Kind::Counter, Kind::Histogram]),
        ) {
            let global: Vec<_> = global.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            let global = GlobalLabels::new(global, false).unwrap_or_default();
            let text = |labels: &[(&'static str, String)]| {
                let pairs = || labels.iter().map(|(name, value)| (*name, value.as_str()));
                global.with(kind, pairs).plain
            };
            let known = text(&given);
            let own: Vec<_> = asked.iter().cloned().map(|(name, value)| Label::new(name, value)).collect();
            if are_plainly(&known, &own, global.each_escaped()) {
                prop_assert_eq!(known, text(&asked));
            }
        }
    }
}
