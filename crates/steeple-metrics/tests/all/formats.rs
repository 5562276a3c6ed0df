//! Every format reads back to the same metrics.

use std::{
    collections::BTreeMap,
    time::{Duration, UNIX_EPOCH},
};

use metrics::{Unit, with_local_recorder};
use proptest::{collection::vec, prelude::*};
use steeple_metrics::{Escaping, Exemplar, Format, Kind, Registry, prometheus_name};

use crate::{
    parser::{Family, Labels, Syntax},
    schema,
};

const ESCAPINGS: [Escaping; 4] = [
    Escaping::Underscores,
    Escaping::Dots,
    Escaping::Values,
    Escaping::AllowUtf8,
];

/// The bits of every sample's value; all NaN have the same.
type Samples = BTreeMap<(String, Labels), u64>;

pub(crate) fn read(registry: &Registry, format: Format) -> BTreeMap<String, Family> {
    let bytes: Vec<_> = registry.exposition(format).flatten().collect();
    let text = || str::from_utf8(&bytes).expect("UTF-8");
    match format {
        Format::Text => Syntax::Text.parse(text()),
        Format::TextVersion1(_) => Syntax::Quoted.parse(text()),
        Format::OpenMetrics(_) => Syntax::OpenMetrics.parse(text()),
        Format::Protobuf(_) => schema::families(&bytes),
        other => panic!("{other:?} is not tested"),
    }
}

fn samples(families: &BTreeMap<String, Family>) -> Samples {
    let samples = families.values().flat_map(|family| &family.samples);
    samples
        .map(|(name, labels, value)| {
            let value = if value.is_nan() { f64::NAN } else { *value };
            ((name.clone(), labels.clone()), value.to_bits())
        })
        .collect()
}

#[derive(Debug, Clone)]
enum Operation {
    Counter(u32),
    Gauge(f64),
    Histogram(f64),
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        any::<u32>().prop_map(Operation::Counter),
        any::<f64>().prop_map(Operation::Gauge),
        any::<f64>().prop_map(Operation::Histogram),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["(?s).{0,12}", "[\\\\\"\nn,=}{ #]{0,6}"]
}

fn metric_name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-b_.:1\u{e9}\"]{1,4}(_total|_created|_count|_seconds|.total)?",
        "a((_|[.]|__)(total|created|bucket|sum|bytes)){0,3}",
        "(?s).{1,6}"
    ]
}

fn label_name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-b_.:1\u{e9}=\"\\\\]{1,4}",
        "(?s).{1,6}",
        "le",
        "U__a_2e_b"
    ]
}

/// A registry into which something was recorded.
fn registry(utf8_names: bool) -> impl Strategy<Value = Registry> {
    let labels = vec((label_name(), text()), 0..4);
    let operations = vec((operation(), metric_name(), labels), 0..20);
    (operations, text()).prop_map(move |(operations, help)| {
        let registry = Registry::builder()
            .utf8_names(utf8_names)
            .exemplar_source(|| Some(Exemplar::new([0xa5; 16], [0x5a; 8])))
            .build()
            .expect("valid settings");
        with_local_recorder(&registry, || {
            for (operation, name, labels) in operations {
                let help = help.clone();
                match operation {
                    Operation::Counter(by) => {
                        metrics::describe_counter!(name.clone(), Unit::Seconds, help);
                        metrics::counter!(name, &labels).increment(by.into());
                    }
                    Operation::Gauge(to) => {
                        metrics::describe_gauge!(name.clone(), help);
                        metrics::gauge!(name, &labels).set(to);
                    }
                    Operation::Histogram(value) => {
                        metrics::describe_histogram!(name.clone(), Unit::Bytes, help);
                        metrics::histogram!(name, &labels).record(value);
                    }
                }
            }
        });
        registry
    })
}

proptest! {
    #[test]
    fn every_format_has_the_same_series_and_values(registry in any::<bool>().prop_flat_map(registry)) {
        for escaping in ESCAPINGS {
            let text = read(&registry, Format::TextVersion1(escaping));
            let protobuf = read(&registry, Format::Protobuf(escaping));
            prop_assert_eq!(samples(&text), samples(&protobuf));
            if escaping == Escaping::Underscores {
                prop_assert_eq!(samples(&read(&registry, Format::Text)), samples(&text));
            }
            for (name, family) in &text {
                let message = &protobuf[name];
                prop_assert_eq!((&message.kind, &message.help), (&family.kind, &family.help));
            }

            let open_metrics = read(&registry, Format::OpenMetrics(escaping));
            let shown = samples(&open_metrics);
            let all = samples(&text);
            let is_negative = |bits: &u64| {
                let value = f64::from_bits(*bits);
                value.is_nan() || value < 0.0
            };
            for (sample, value) in &all {
                let hidden = sample.0.strip_suffix("_sum").or(sample.0.strip_suffix("_count")).is_some_and(|name| {
                    let sum = (format!("{name}_sum"), sample.1.clone());
                    text.get(name).is_some_and(|family| family.kind == "histogram") && all.get(&sum).is_some_and(is_negative)
                });
                prop_assert_eq!(shown.get(sample), (!hidden).then_some(value), "{:?}", sample);
            }
            prop_assert!(shown.keys().all(|sample| all.contains_key(sample)));
            for (name, family) in &open_metrics {
                let whole = text.get(name).or(text.get(&format!("{name}_total"))).unwrap();
                prop_assert_eq!(&family.help, &whole.help);
                let is_counter = whole.kind == "counter" && family.kind == "unknown";
                prop_assert!(family.kind == whole.kind || is_counter);
                let message = protobuf.get(name).or(protobuf.get(&format!("{name}_total"))).unwrap();
                prop_assert_eq!(&family.exemplars, &message.exemplars);
                prop_assert!(family.unit == message.unit || is_counter);
            }
        }
    }

    #[test]
    fn every_escaping_tells_the_series_apart_that_underscores_do(registry in registry(true)) {
        let parts = |escaping, metric: fn(&str) -> String, label: fn(&str) -> String| {
            parts(&read(&registry, Format::TextVersion1(escaping)), metric, label)
        };
        let with_underscores = parts(Escaping::Underscores, str::to_owned, str::to_owned);
        let utf8 = parts(Escaping::AllowUtf8, str::to_owned, str::to_owned);
        prop_assert_eq!(parts(Escaping::Values, from_values, from_values), utf8);
        prop_assert_eq!(&parts(Escaping::AllowUtf8, underscored_metric, underscored_label), &with_underscores);
        let from_dots = parts(
            Escaping::Dots,
            |name| underscored_metric(&from_dots(name)),
            |name| underscored_label(&from_dots(name)),
        );
        prop_assert_eq!(&from_dots, &with_underscores);
    }
}

/// Every sample's value, by the name of its metric, what the sample appends to that, and its labels.
fn parts(
    families: &BTreeMap<String, Family>,
    metric: fn(&str) -> String,
    label: fn(&str) -> String,
) -> BTreeMap<(String, String, Labels), u64> {
    let mut parts = BTreeMap::new();
    for (family, content) in families {
        for (name, labels, value) in &content.samples {
            let suffix = name
                .strip_prefix(&**family)
                .expect("samples have the name of their metric")
                .to_owned();
            let renamed: Labels = labels
                .iter()
                .map(|(name, value)| (label(name), value.clone()))
                .collect();
            assert_eq!(labels.len(), renamed.len());
            let value = if value.is_nan() { f64::NAN } else { *value };
            let known = parts.insert((metric(family), suffix, renamed), value.to_bits());
            assert!(known.is_none(), "{name} {labels:?} is there twice");
        }
    }
    parts
}

fn underscored_metric(name: &str) -> String {
    prometheus_name(name, Kind::Gauge, None).into_owned()
}

fn underscored_label(name: &str) -> String {
    let digit = name.starts_with(|first: char| first.is_ascii_digit());
    let plain = |character: char| {
        if character.is_ascii_alphanumeric() {
            character
        } else {
            '_'
        }
    };
    digit
        .then_some('_')
        .into_iter()
        .chain(name.chars().map(plain))
        .collect()
}

fn from_values(name: &str) -> String {
    let Some(mut rest) = name.strip_prefix("U__") else {
        return name.to_owned();
    };
    let mut plain = String::new();
    while let Some(first) = rest.chars().next() {
        rest = &rest[1..];
        if first != '_' {
            plain.push(first);
        } else if let Some(after) = rest.strip_prefix('_') {
            plain.push('_');
            rest = after;
        } else {
            let (digits, after) = rest.split_once('_').expect("digits end");
            plain.push(
                char::from_u32(u32::from_str_radix(digits, 16).expect("digits"))
                    .expect("a character"),
            );
            rest = after;
        }
    }
    plain
}

/// What is neither a dot nor an allowed character becomes an underscore.
fn from_dots(name: &str) -> String {
    let mut plain = String::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let (character, length) = match first {
            '_' if rest.starts_with("_dot_") => ('.', 5),
            '_' if rest.starts_with("__") => ('_', 2),
            '_' => (rest.chars().nth(1).expect("a digit"), 2),
            _ => (first, 1),
        };
        plain.push(character);
        rest = &rest[length..];
    }
    plain
}

/// A registry with names that Prometheus did not always allow, and what it is in the text format 1.0.0, up to its own
/// metrics.
fn shown(escaping: Escaping, record: impl Fn(&Registry)) -> String {
    let registry = Registry::builder()
        .utf8_names(true)
        .build()
        .expect("valid settings");
    record(&registry);
    let bytes = registry
        .exposition(Format::TextVersion1(escaping))
        .flatten()
        .collect();
    let text = String::from_utf8(bytes).expect("UTF-8");
    text.split_once("# HELP steeple")
        .expect("own metrics")
        .0
        .to_owned()
}

fn record_requests(registry: &Registry) {
    let labels = [("http.route", "/"), ("a_b", "1"), ("zone", "x")];
    registry
        .counter("http.server.requests", &labels)
        .expect("valid names")
        .increment(3);
    registry
        .describe(Kind::Gauge, "größe \"x\"", Some(Unit::Bytes), "How large.")
        .expect("valid names");
    registry
        .gauge("größe \"x\"", &[])
        .expect("valid names")
        .set(2.5);
}

#[test]
fn names_are_shown_as_recorded_to_whoever_allows_them() {
    assert_eq!(
        shown(Escaping::AllowUtf8, record_requests),
        r#"# HELP "größe \"x\"" How large.
# TYPE "größe \"x\"" gauge
{"größe \"x\""} 2.5
# TYPE "http.server.requests_total" counter
{"http.server.requests_total",a_b="1","http.route"="/",zone="x"} 3
"#
    );
}

#[test]
fn names_are_escaped_for_whoever_asks_for_it() {
    assert_eq!(
        shown(Escaping::Underscores, record_requests),
        r#"# HELP gr__e__x_ How large.
# TYPE gr__e__x_ gauge
gr__e__x_ 2.5
# TYPE http_server_requests_total counter
http_server_requests_total{a_b="1",http_route="/",zone="x"} 3
"#
    );
    assert_eq!(
        shown(Escaping::Dots, record_requests),
        r#"# HELP gr____e____x__ How large.
# TYPE gr____e____x__ gauge
gr____e____x__ 2.5
# TYPE http_dot_server_dot_requests__total counter
http_dot_server_dot_requests__total{a__b="1",http_dot_route="/",zone="x"} 3
"#
    );
    assert_eq!(
        shown(Escaping::Values, record_requests),
        r#"# HELP U__gr_f6__df_e_20__22_x_22_ How large.
# TYPE U__gr_f6__df_e_20__22_x_22_ gauge
U__gr_f6__df_e_20__22_x_22_ 2.5
# TYPE U__http_2e_server_2e_requests__total counter
U__http_2e_server_2e_requests__total{a_b="1",U__http_2e_route="/",zone="x"} 3
"#
    );
}

#[test]
fn names_that_coincide_with_underscores_are_one_metric_under_the_first_name() {
    let text = shown(Escaping::AllowUtf8, |registry| {
        let count = |name, label| {
            registry
                .counter(name, &[(label, "1")])
                .unwrap()
                .increment(1)
        };
        count("jobs.done", "queue.name");
        count("jobs_done_total", "queue_name");
        registry
            .histogram("latency.time", &[("a.b", "1")])
            .unwrap()
            .record(0.0);
    });
    let (counter, histogram) = text
        .split_once("# TYPE \"latency.time\" histogram\n")
        .unwrap();
    assert_eq!(
        counter,
        "# TYPE \"jobs.done_total\" counter\n{\"jobs.done_total\",\"queue.name\"=\"1\"} 2\n"
    );
    assert!(histogram.starts_with("{\"latency.time_bucket\",\"a.b\"=\"1\",le=\"0.005\"} 1\n"));
    assert!(histogram.ends_with("{\"latency.time_count\",\"a.b\"=\"1\"} 1\n"));
}

#[test]
fn without_utf8_names_there_is_nothing_to_escape() {
    let registry = Registry::new();
    with_local_recorder(&registry, || {
        metrics::counter!("http.server.requests", "http.route" => "/", "größe" => "1").increment(1);
    });
    let text = |escaping| {
        let exposition = registry.exposition(Format::TextVersion1(escaping));
        String::from_utf8(exposition.flatten().collect()).unwrap()
    };
    for escaping in [Escaping::Underscores, Escaping::Values, Escaping::AllowUtf8] {
        assert_eq!(text(escaping), registry.render());
    }
    assert!(registry.gauge("größe", &[]).is_err());
}

#[test]
fn exemplars_are_those_that_were_recorded() {
    let trace = std::array::from_fn(|byte| byte as u8 * 17);
    let registry = Registry::builder()
        .exemplar_source(move || Some(Exemplar::new(trace, [0x0a, 1, 2, 3, 4, 5, 6, 0xff])))
        .build()
        .unwrap();
    registry.histogram("h", &[("a", "1")]).unwrap().record(0.3);
    let recorded = registry
        .snapshot()
        .value("h", &[("a", "1")])
        .unwrap()
        .as_histogram()
        .unwrap()
        .exemplar(7)
        .unwrap();
    let at = recorded.at.duration_since(UNIX_EPOCH).unwrap();
    let at = Duration::from_millis(at.as_millis() as u64).as_secs_f64();

    for format in [
        Format::OpenMetrics(Escaping::Underscores),
        Format::Protobuf(Escaping::Underscores),
    ] {
        let families = read(&registry, format);
        let [exemplar] = &families["h"].exemplars[..] else {
            panic!("one observation is one exemplar");
        };
        assert_eq!(
            (&*exemplar.le, exemplar.value, exemplar.at),
            ("0.5", 0.3, at)
        );
        let labels: Vec<_> = exemplar
            .labels
            .iter()
            .map(|(name, id)| (&**name, &**id))
            .collect();
        assert_eq!(
            labels,
            [
                ("span_id", "0a010203040506ff"),
                ("trace_id", "00112233445566778899aabbccddeeff")
            ]
        );
    }
    assert!(!registry.render().contains(" # "));
}
