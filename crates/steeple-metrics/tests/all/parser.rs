//! A strict reader of the text format 0.0.4: it panics on anything that the format does not allow or that
//! Prometheus would silently merge.

use std::collections::{BTreeMap, BTreeSet};

pub(crate) type Labels = BTreeMap<String, String>;

#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) kind: String,
    pub(crate) help: Option<String>,
    /// Sample name, labels and value, in the order of the text.
    pub(crate) samples: Vec<(String, Labels, f64)>,
}

pub(crate) fn parse(text: &str) -> BTreeMap<String, Family> {
    assert!(
        text.is_empty() || text.ends_with('\n'),
        "the last line must end"
    );
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let mut current = String::new();
    let mut help = None;
    let mut seen = BTreeSet::new();
    for line in text.split_terminator('\n') {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, escaped) = rest.split_once(' ').expect("help has a text");
            help = Some((name.to_owned(), unescape(escaped, false)));
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("type has a word");
            assert!(*current < *name, "{name} after {current}");
            current = name.to_owned();
            let help = help.take().map(|(described, help)| {
                assert_eq!(described, name);
                help
            });
            families.insert(
                current.clone(),
                Family {
                    kind: kind.to_owned(),
                    help,
                    samples: Vec::new(),
                },
            );
        } else {
            let (name, labels, value) = sample(line);
            assert!(
                seen.insert((name.clone(), labels.clone())),
                "{name} {labels:?} is there twice"
            );
            let family = families.get_mut(&current).expect("a type line comes first");
            let suffix = name
                .strip_prefix(&*current)
                .expect("samples follow their type line");
            let allowed: &[&str] = if family.kind == "histogram" {
                &["_bucket", "_sum", "_count"]
            } else {
                &[""]
            };
            assert!(allowed.contains(&suffix), "{name} in {current}");
            family.samples.push((name, labels, value));
        }
    }
    families
}

fn sample(line: &str) -> (String, Labels, f64) {
    let name_end = line.find(['{', ' ']).expect("a value follows");
    let name = &line[..name_end];
    assert!(is_name(name, true), "metric name {name:?}");
    let mut labels = Labels::new();
    let mut rest = &line[name_end..];
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        loop {
            let (label, after) = rest.split_once("=\"").expect("label has a quoted value");
            assert!(is_name(label, false), "label name {label:?}");
            let mut escape = false;
            let end = after.bytes().position(|byte| {
                let closes = byte == b'"' && !escape;
                escape = byte == b'\\' && !escape;
                closes
            });
            let end = end.expect("closing quote");
            let value = unescape(&after[..end], true);
            assert!(!value.is_empty(), "Prometheus drops an empty {label}");
            assert!(
                labels.insert(label.to_owned(), value).is_none(),
                "label {label} is there twice"
            );
            rest = &after[end + 1..];
            match rest.strip_prefix(',') {
                Some(next) => rest = next,
                None => break,
            }
        }
        rest = rest.strip_prefix('}').expect("closing brace");
    }
    let value = rest.strip_prefix(' ').expect("one space before the value");
    (name.to_owned(), labels, float(value))
}

/// Reads what Go's `strconv.ParseFloat` reads of what Rust's parser does not refuse.
fn float(text: &str) -> f64 {
    let go = ["+Inf", "-Inf", "NaN"].contains(&text)
        || text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"+-.e".contains(&byte));
    assert!(go, "{text:?} is no float");
    text.parse().expect("a float")
}

fn is_name(name: &str, metric: bool) -> bool {
    let allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || (metric && byte == b':');
    name.bytes().all(allowed)
        && name
            .bytes()
            .next()
            .is_some_and(|first| !first.is_ascii_digit())
}

fn unescape(text: &str, quoted: bool) -> String {
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        plain.push(match character {
            '\\' => match characters.next() {
                Some('n') => '\n',
                Some('\\') => '\\',
                Some('"') if quoted => '"',
                other => panic!("escape of {other:?} in {text:?}"),
            },
            '"' if quoted => panic!("bare quote in {text:?}"),
            other => other,
        });
    }
    plain
}
