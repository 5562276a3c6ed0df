use std::borrow::Cow;

use metrics::Unit;

use crate::Kind;

const BETWEEN_WORDS: [char; 2] = ['_', '.'];

/// The name under which Prometheus sees a metric recorded as `name`.
///
/// A name with a `.` is an OpenTelemetry name: its dots become `_`, runs of `_` collapse, and the unit and,
/// for a counter, `_total` are appended unless they are already there, as the [OpenTelemetry compatibility
/// rules](https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/) say. A gauge without a unit whose name
/// ends in `.utilization` is a ratio, as all of the conventions are.
/// A name without a dot is a Prometheus name and is kept. In either, a character that Prometheus does
/// not allow becomes `_`.
///
/// ```
/// use metrics::Unit;
/// use steeple_metrics::{Kind, prometheus_name};
///
/// let name = prometheus_name("http.server.request.duration", Kind::Histogram, Some(Unit::Seconds));
/// assert_eq!(name, "http_server_request_duration_seconds");
/// assert_eq!(prometheus_name("http.server.requests", Kind::Counter, None), "http_server_requests_total");
/// assert_eq!(prometheus_name("jobs_done", Kind::Counter, None), "jobs_done");
/// ```
#[must_use]
pub fn prometheus_name(name: &str, kind: Kind, unit: Option<Unit>) -> Cow<'_, str> {
    Naming::default().plain_name(name, kind, unit)
}

/// How metrics are named.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Naming {
    /// Whether names without a dot gain suffixes, too.
    pub(crate) unit_suffixes: bool,
    /// Whether names are also known as they were recorded.
    pub(crate) utf8_names: bool,
}

impl Naming {
    /// The name with underscores.
    pub(crate) fn plain_name(self, name: &str, kind: Kind, unit: Option<Unit>) -> Cow<'_, str> {
        let plain = sanitized(name, is_metric_character);
        let mut exposed = match (name.contains('.'), self.unit_suffixes) {
            (true, _) => collapsed(&plain),
            (false, true) => plain.into_owned(),
            (false, false) => return plain,
        };
        append_suffixes(&mut exposed, kind, unit);
        exposed.into()
    }

    /// The name under which a Prometheus that allows every character sees the metric that is `exposed` by its
    /// [plain name](Self::plain_name): the recorded one, with the same suffixes. `None` if that is no other name, or not
    /// wanted.
    pub(crate) fn utf8_name(
        self,
        recorded: &str,
        kind: Kind,
        unit: Option<Unit>,
        exposed: &str,
    ) -> Option<String> {
        if !self.utf8_names {
            return None;
        }
        let mut name = recorded.to_owned();
        if self.unit_suffixes || name.contains('.') {
            append_suffixes(&mut name, kind, unit);
        }
        // Names that differ when they are exposed must differ here, and so must the names of their samples: so what this
        // name is exposed as has to be the exposed name. It is not where words are parted by other characters than `.`.
        let sample = format!("{name}_");
        let is_faithful = prometheus_name(&sample, Kind::Gauge, None)
            .strip_suffix('_')
            .is_some_and(|read| read == exposed);
        (is_faithful && name != exposed).then_some(name)
    }
}

/// The word that the unit appends to names; `None` for a count.
pub(crate) fn unit_suffix(unit: Unit) -> Option<&'static str> {
    match unit {
        // A count has the curly-brace unit of OpenTelemetry, which is dropped.
        Unit::Count => None,
        Unit::CountPerSecond => Some("per_second"),
        unit => Some(unit.as_str()),
    }
}

/// Whether `name` can be exposed without changing more than its dots.
pub(crate) fn is_valid_metric_name(name: &str) -> bool {
    is_allowed(name.chars(), |character| {
        character == '.' || is_metric_character(character)
    })
}

/// Whether `name` can be a label name without changing more than its dots.
pub(crate) fn is_valid_label_name(name: &str) -> bool {
    is_allowed(name.chars(), |character| {
        character == '.' || is_label_character(character)
    })
}

/// `name` with every character that a label name may not have replaced by `_`.
pub(crate) fn label_name(name: &str) -> Cow<'_, str> {
    sanitized(name, is_label_character)
}

/// Whether the name is not empty, does not start with a digit and has only the characters that are `allowed`.
pub(crate) fn is_allowed(
    mut name: impl Iterator<Item = char>,
    allowed: impl Fn(char) -> bool,
) -> bool {
    name.next()
        .is_some_and(|first| allowed(first) && !first.is_ascii_digit())
        && name.all(allowed)
}

fn sanitized(name: &str, allowed: fn(char) -> bool) -> Cow<'_, str> {
    if is_allowed(name.chars(), allowed) {
        return name.into();
    }
    let needs_prefix = name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit());
    let prefix = needs_prefix.then_some('_');
    let body = name
        .chars()
        .map(|character| if allowed(character) { character } else { '_' });
    prefix.into_iter().chain(body).collect::<String>().into()
}

pub(crate) fn is_metric_character(character: char) -> bool {
    is_label_character(character) || character == ':'
}

pub(crate) fn is_label_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// The name with one `_` for each run of them.
fn collapsed(name: &str) -> String {
    let mut collapsed = String::with_capacity(name.len() + 16);
    for character in name.chars() {
        if character != '_' || !collapsed.ends_with('_') {
            collapsed.push(character);
        }
    }
    collapsed
}

/// Appends the unit and, to a counter, `total`.
fn append_suffixes(name: &mut String, kind: Kind, unit: Option<Unit>) {
    if kind == Kind::Counter
        && let Some(rest) = name.strip_suffix("total")
        && rest.ends_with(BETWEEN_WORDS)
    {
        name.truncate(rest.len() - 1);
    }
    if let Some(suffix) = unit.and_then(unit_suffix) {
        append_word(name, suffix);
    } else if kind == Kind::Gauge && ends_with_word(name, "utilization") {
        // The conventions' unit of these is 1, which the facade does not know.
        append_word(name, "ratio");
    }
    if kind == Kind::Counter {
        append_word(name, "total");
    }
}

fn ends_with_word(name: &str, word: &str) -> bool {
    let rest = name.strip_suffix(word);
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with(BETWEEN_WORDS))
}

fn append_word(name: &mut String, word: &str) {
    if !ends_with_word(name, word) {
        if !name.ends_with('_') {
            name.push('_');
        }
        name.push_str(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opentelemetry_names_gain_unit_and_total() {
        let cases = [
            (
                "http.server.request.duration",
                Kind::Histogram,
                Some(Unit::Seconds),
                "http_server_request_duration_seconds",
            ),
            (
                "http.server.request.body.size",
                Kind::Histogram,
                Some(Unit::Bytes),
                "http_server_request_body_size_bytes",
            ),
            (
                "http.server.requests",
                Kind::Counter,
                Some(Unit::Count),
                "http_server_requests_total",
            ),
            (
                "http.server.active_requests",
                Kind::Gauge,
                Some(Unit::Count),
                "http_server_active_requests",
            ),
            (
                "process.cpu.time",
                Kind::Counter,
                Some(Unit::Seconds),
                "process_cpu_time_seconds_total",
            ),
            (
                "process.cpu.utilization",
                Kind::Gauge,
                Some(Unit::Percent),
                "process_cpu_utilization_percent",
            ),
            (
                "system.cpu.utilization",
                Kind::Gauge,
                None,
                "system_cpu_utilization_ratio",
            ),
            (
                "disk.io",
                Kind::Gauge,
                Some(Unit::CountPerSecond),
                "disk_io_per_second",
            ),
            ("a..b._c", Kind::Gauge, None, "a_b_c"),
            ("3d.renders", Kind::Counter, None, "_3d_renders_total"),
        ];
        for (name, kind, unit, exposed) in cases {
            assert_eq!(prometheus_name(name, kind, unit), exposed);
        }
    }

    #[test]
    fn suffixes_that_are_there_are_not_repeated() {
        assert_eq!(
            prometheus_name("io.bytes.total", Kind::Counter, Some(Unit::Bytes)),
            "io_bytes_total"
        );
        assert_eq!(
            prometheus_name("wait.seconds", Kind::Histogram, Some(Unit::Seconds)),
            "wait_seconds"
        );
        assert_eq!(
            prometheus_name("a.nanoseconds", Kind::Gauge, Some(Unit::Seconds)),
            "a_nanoseconds_seconds"
        );
    }

    #[test]
    fn utf8_names_keep_their_characters_and_gain_the_same_suffixes() {
        let naming = Naming {
            utf8_names: true,
            ..Naming::default()
        };
        let named = |name, kind, unit| {
            let exposed = prometheus_name(name, kind, unit).into_owned();
            naming.utf8_name(name, kind, unit, &exposed)
        };
        let cases = [
            (
                "http.server.requests",
                Kind::Counter,
                None,
                "http.server.requests_total",
            ),
            (
                "io.bytes.total",
                Kind::Counter,
                Some(Unit::Bytes),
                "io.bytes_total",
            ),
            (
                "wait.time",
                Kind::Histogram,
                Some(Unit::Seconds),
                "wait.time_seconds",
            ),
            (
                "wait.seconds",
                Kind::Histogram,
                Some(Unit::Seconds),
                "wait.seconds",
            ),
            ("a..b__c", Kind::Gauge, None, "a..b__c"),
            ("größe", Kind::Counter, Some(Unit::Bytes), "größe"),
        ];
        for (name, kind, unit, shown) in cases {
            assert_eq!(named(name, kind, unit).as_deref(), Some(shown));
        }
        assert_eq!(named("jobs_done", Kind::Counter, None), None);
        // These would be taken for what is exposed under another name.
        assert_eq!(named("jobs.étotal", Kind::Counter, None), None);
        assert_eq!(named("jobs.done.", Kind::Histogram, None), None);
    }

    #[test]
    fn prometheus_names_are_kept() {
        assert_eq!(
            prometheus_name("job:errors:rate5m", Kind::Counter, Some(Unit::Seconds)),
            "job:errors:rate5m"
        );
        assert!(matches!(
            prometheus_name("up", Kind::Gauge, None),
            Cow::Borrowed("up")
        ));
    }

    #[test]
    fn prometheus_names_gain_suffixes_where_that_is_wanted() {
        let naming = Naming {
            unit_suffixes: true,
            utf8_names: true,
        };
        let cases = [
            ("jobs", Kind::Counter, None, "jobs_total"),
            (
                "io_total",
                Kind::Counter,
                Some(Unit::Bytes),
                "io_bytes_total",
            ),
            (
                "wait__time",
                Kind::Histogram,
                Some(Unit::Seconds),
                "wait__time_seconds",
            ),
            (
                "wait_seconds",
                Kind::Gauge,
                Some(Unit::Seconds),
                "wait_seconds",
            ),
            ("up", Kind::Gauge, None, "up"),
        ];
        for (name, kind, unit, expected) in cases {
            assert_eq!(naming.plain_name(name, kind, unit), expected);
        }
        let utf8_name = naming.utf8_name("wäit", Kind::Counter, None, "w_it_total");
        assert_eq!(utf8_name.as_deref(), Some("wäit_total"));
    }

    #[test]
    fn invalid_characters_become_underscores() {
        assert_eq!(
            prometheus_name("größe mit-strich", Kind::Gauge, None),
            "gr__e_mit_strich"
        );
        assert_eq!(prometheus_name("", Kind::Gauge, None), "_");
        assert_eq!(label_name("http.route"), "http_route");
        assert_eq!(label_name("a:b"), "a_b");
        assert!(is_valid_metric_name("a.b:c") && !is_valid_label_name("a:b"));
        assert!(
            !is_valid_metric_name("")
                && !is_valid_metric_name("1a")
                && !is_valid_metric_name("a-b")
        );
    }
}
