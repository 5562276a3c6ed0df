//! A strict reader of the text formats: it panics on anything that the format does not allow or that Prometheus would
//! silently merge.

use std::collections::{BTreeMap, BTreeSet};

pub(crate) type Labels = BTreeMap<String, String>;

#[derive(Debug, Default)]
pub(crate) struct Family {
    pub(crate) kind: String,
    pub(crate) help: Option<String>,
    pub(crate) unit: Option<String>,
    /// Sample name, labels and value, in the order of the text.
    pub(crate) samples: Vec<(String, Labels, f64)>,
    pub(crate) exemplars: Vec<Exemplar>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Exemplar {
    /// The `le` of the bucket.
    pub(crate) le: String,
    pub(crate) labels: Labels,
    pub(crate) value: f64,
    /// In seconds since 1970.
    pub(crate) at: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syntax {
    /// The text format 0.0.4.
    Text,
    /// The text format 1.0.0, in which names may stand in quotes.
    Quoted,
    /// OpenMetrics 1.0.0, in which names may stand in quotes.
    OpenMetrics,
}

/// Reads the text format 0.0.4.
pub(crate) fn parse(text: &str) -> BTreeMap<String, Family> {
    Syntax::Text.parse(text)
}

impl Syntax {
    pub(crate) fn parse(self, text: &str) -> BTreeMap<String, Family> {
        let text = match self {
            Self::OpenMetrics => text.strip_suffix("# EOF\n").expect("the end is marked"),
            Self::Text | Self::Quoted => text,
        };
        assert!(
            text.is_empty() || text.ends_with('\n'),
            "the last line must end"
        );
        let mut families = BTreeMap::new();
        let mut current: Option<(String, Family)> = None;
        let mut help = None;
        let mut seen = BTreeSet::new();
        for line in text.split_terminator('\n') {
            if let Some(comment) = line.strip_prefix("# ") {
                let (keyword, rest) = comment.split_once(' ').expect("a keyword");
                let (name, content) = self.name(rest);
                let content = content.strip_prefix(' ').expect("a space after the name");
                match keyword {
                    "HELP" => help = Some((name, self.help(content))),
                    "UNIT" => {
                        assert_eq!(self, Self::OpenMetrics);
                        let (described, family) = current.as_mut().expect("the type comes first");
                        assert_eq!(*described, name);
                        assert!(name.ends_with(&format!("_{content}")));
                        family.unit = Some(content.to_owned());
                    }
                    "TYPE" => {
                        let help = help.take().map(|(described, help)| {
                            assert_eq!(described, name);
                            help
                        });
                        let kind = content.to_owned();
                        let family = Family {
                            kind,
                            help,
                            ..Family::default()
                        };
                        if let (Self::Text, Some((before, _))) = (self, &current) {
                            assert!(*before < name, "{name} after {before}");
                        }
                        let last = current.replace((name, family));
                        self.complete(&mut families, last);
                    }
                    other => panic!("{other} is no keyword"),
                }
                continue;
            }
            let sample = self.sample(line);
            assert!(
                seen.insert((sample.0.clone(), sample.1.clone())),
                "{} {:?} is there twice",
                sample.0,
                sample.1,
            );
            let (name, family) = current.as_mut().expect("a type line comes first");
            let suffix = sample
                .0
                .strip_prefix(&**name)
                .expect("samples follow their type");
            assert!(
                self.suffixes(&family.kind).contains(&suffix),
                "{} in {name}",
                sample.0
            );
            family.exemplars.extend(sample.3);
            family.samples.push((sample.0, sample.1, sample.2));
        }
        self.complete(&mut families, current);
        families
    }

    fn complete(self, families: &mut BTreeMap<String, Family>, family: Option<(String, Family)>) {
        let Some((name, family)) = family else { return };
        assert!(!family.samples.is_empty(), "{name} has no sample");
        if self == Self::OpenMetrics {
            let clash = families.iter().find(|(other, known)| {
                let names = |name: &str, family: &Family| -> BTreeSet<String> {
                    let suffixes = self.suffixes(&family.kind).iter().chain(&[""]);
                    suffixes.map(|suffix| format!("{name}{suffix}")).collect()
                };
                !names(other, known).is_disjoint(&names(&name, &family))
            });
            assert!(clash.is_none(), "{name} clashes with {clash:?}");
        }
        assert!(
            families.insert(name, family).is_none(),
            "there is one family of a name"
        );
    }

    /// What the samples of a family may append to its name.
    fn suffixes(self, kind: &str) -> &'static [&'static str] {
        match (self, kind) {
            (Self::OpenMetrics, "counter") => &["_total", "_created"],
            (Self::OpenMetrics, "histogram") => &["_bucket", "_sum", "_count", "_created"],
            (_, "histogram") => &["_bucket", "_sum", "_count"],
            (Self::OpenMetrics, "gauge" | "unknown") | (_, "gauge" | "counter") => &[""],
            other => panic!("{other:?}"),
        }
    }

    fn help(self, escaped: &str) -> String {
        unescape(escaped, self == Self::OpenMetrics)
    }

    /// A name and what comes after it.
    fn name(self, text: &str) -> (String, &str) {
        if let Some(quoted) = text.strip_prefix('"') {
            assert_ne!(self, Self::Text, "{text} has a name in quotes");
            let end = closing_quote(quoted);
            return (unescape(&quoted[..end], true), &quoted[end + 1..]);
        }
        let end = text.find(['{', ' ']).expect("something follows the name");
        assert!(is_name(&text[..end], true), "metric name {text:?}");
        (text[..end].to_owned(), &text[end..])
    }

    fn sample(self, line: &str) -> (String, Labels, f64, Option<Exemplar>) {
        let (name, labels, rest) = match line.strip_prefix('{') {
            Some(inside) => {
                let (name, rest) = self.name(inside);
                assert!(!is_name(&name, true), "{name} needs no quotes");
                match rest.strip_prefix(',') {
                    Some(rest) => {
                        let (labels, rest) = self.labels(rest);
                        (name, labels, rest)
                    }
                    None => (
                        name,
                        Labels::new(),
                        rest.strip_prefix('}').expect("closing brace"),
                    ),
                }
            }
            None => {
                let (name, rest) = self.name(line);
                match rest.strip_prefix('{') {
                    Some(inside) => {
                        let (labels, rest) = self.labels(inside);
                        (name, labels, rest)
                    }
                    None => (name, Labels::new(), rest),
                }
            }
        };
        let rest = rest.strip_prefix(' ').expect("one space before the value");
        let (value, exemplar) = match rest.split_once(" # {") {
            Some((value, exemplar)) => {
                assert_eq!(self, Self::OpenMetrics);
                (value, Some(self.exemplar(&labels, exemplar)))
            }
            None => (rest, None),
        };
        (name, labels, float(value), exemplar)
    }

    fn exemplar(self, labels: &Labels, text: &str) -> Exemplar {
        let le = labels.get("le").expect("a bucket").clone();
        let (labels, rest) = self.labels(text);
        let characters = labels
            .iter()
            .flat_map(|(name, value)| name.chars().chain(value.chars()));
        assert!(characters.count() <= 128);
        let (value, at) = rest
            .trim_start()
            .split_once(' ')
            .expect("a value and a time");
        Exemplar {
            le,
            labels,
            value: float(value),
            at: float(at),
        }
    }

    /// The labels up to the closing brace and what comes after it.
    fn labels(self, mut text: &str) -> (Labels, &str) {
        let mut labels = Labels::new();
        loop {
            let (label, after) = match text.strip_prefix('"') {
                Some(_) => {
                    let (label, after) = self.name(text);
                    assert!(!is_name(&label, false), "{label} needs no quotes");
                    (label, after)
                }
                None => {
                    let (label, _) = text.split_once('=').expect("a label has a value");
                    assert!(is_name(label, false), "label name {label:?}");
                    (label.to_owned(), &text[label.len()..])
                }
            };
            let quoted = after
                .strip_prefix("=\"")
                .expect("a label has a quoted value");
            let end = closing_quote(quoted);
            let value = unescape(&quoted[..end], true);
            assert!(!value.is_empty(), "Prometheus drops an empty {label}");
            assert!(
                labels.insert(label, value).is_none(),
                "a label is there twice in {text}"
            );
            text = &quoted[end + 1..];
            match text.strip_prefix(',') {
                Some(next) => text = next,
                None => return (labels, text.strip_prefix('}').expect("closing brace")),
            }
        }
    }
}

fn closing_quote(quoted: &str) -> usize {
    let mut escape = false;
    let end = quoted.bytes().position(|byte| {
        let closes = byte == b'"' && !escape;
        escape = byte == b'\\' && !escape;
        closes
    });
    end.expect("closing quote")
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
