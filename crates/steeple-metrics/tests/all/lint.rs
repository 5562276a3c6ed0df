use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use metrics::Unit;
use steeple_metrics::{Builder, Finding, Kind, Registry, Rule};

/// What is found about a described metric, as rules and advice.
fn found(
    kind: Kind,
    name: &str,
    unit: Option<Unit>,
    labels: &[(&str, &str)],
) -> Vec<(Rule, String)> {
    let registry = Registry::new();
    let described = registry.describe(kind, name, unit, "What it is.");
    described.expect("the name is valid");
    registered(&registry, kind, name, labels);
    let findings = registry.lint().into_iter();
    findings
        .map(|finding| (finding.rule, finding.advice))
        .collect()
}

fn registered(registry: &Registry, kind: Kind, name: &str, labels: &[(&str, &str)]) {
    let registered = match kind {
        Kind::Counter => registry.counter(name, labels).map(drop),
        Kind::Gauge => registry.gauge(name, labels).map(drop),
        _ => registry.histogram(name, labels).map(drop),
    };
    registered.expect("the names are valid");
}

#[test]
fn a_name_by_the_conventions_is_clean() {
    let labels: &[_] = &[("http.route", "/"), ("outcome", "success")];
    for (kind, name, unit) in [
        (Kind::Counter, "shop.orders", None),
        (Kind::Counter, "cpu_seconds_total", Some(Unit::Seconds)),
        (Kind::Counter, "io.read", Some(Unit::Bytes)),
        (Kind::Gauge, "process_start_time_seconds", None),
        (Kind::Gauge, "hit_ratio", None),
        (Kind::Gauge, "traffic_bytes_per_second", None),
        (Kind::Gauge, "queue.length", Some(Unit::Count)),
        (Kind::Gauge, "gauge_readings", None),
        (Kind::Gauge, "s_orders", None),
        (Kind::Histogram, "checkout.duration", Some(Unit::Seconds)),
        (Kind::Histogram, "HTTP", None),
    ] {
        assert_eq!(found(kind, name, unit, labels), [], "{name}");
    }
}

/// The metric, the rule, what the advice names as wrong, and the better name.
const ADVICE: [&str; 18] = [
    "counter jobs | counter_without_total | _total | jobs_total",
    "histogram wait_total | total_without_counter | histogram | wait",
    "gauge shop_sum | reserved_suffix | _sum | shop",
    "counter wait_minutes_total | non_base_unit | minutes | wait_seconds_total",
    "gauge kilobytes_cached | non_base_unit | kilobytes | cached_bytes",
    "gauge gigabits_per_second | non_base_unit | gigabits | bytes_per_second",
    "gauge cpu_percent | non_base_unit | percent | cpu_ratio",
    "gauge room_fahrenheit | non_base_unit | fahrenheit | room_celsius",
    "counter bytes_sent_total | unit_not_last | bytes | sent_bytes_total",
    "gauge cache_KB | abbreviated_unit | KB | cache_bytes",
    "counter wait_ms_total | abbreviated_unit | ms | wait_seconds_total",
    "histogram wait in milliseconds | missing_unit | milliseconds | wait_seconds",
    "counter sent_total in bytes | missing_unit | bytes | sent_bytes_total",
    "gauge cpu.use in percent | non_base_unit | percent | cpu_use_ratio",
    "counter jobs_counter_done_total | type_in_name | counter | jobs_done_total",
    "gauge queueLength | camel_case | snake_case | queue_length",
    "gauge shop:queue | colon | : | shop_queue",
    "counter my_shop_my_shop_jobs_total | repeated_words | my_shop | my_shop_jobs_total",
];

#[test]
fn the_advice_names_what_is_wrong_and_the_better_name() {
    for row in ADVICE {
        let cells: Vec<_> = row.split(" | ").collect();
        let (kind, metric) = cells[0].split_once(' ').unwrap();
        let kind = [Kind::Counter, Kind::Gauge, Kind::Histogram]
            .into_iter()
            .find(|known| known.as_str() == kind);
        let (name, unit) = match metric.split_once(" in ") {
            Some((name, unit)) => (name, Unit::from_string(unit)),
            None => (metric, None),
        };
        let found = found(kind.unwrap(), name, unit, &[]);
        let advice = found.iter().find(|(rule, _)| rule.as_str() == cells[1]);
        let (_, advice) = advice.unwrap_or_else(|| panic!("{row}: {found:?}"));
        let wrong = advice.contains(cells[2]);
        let better = advice.contains(&format!("call it `{}`", cells[3]));
        assert!(wrong && better, "{row}: {advice}");
    }
}

#[test]
fn a_label_at_fault_is_named() {
    let registry = Registry::new();
    registry
        .describe(Kind::Counter, "shop.orders", None, "Orders.")
        .unwrap();
    let labels = [("userKind", "new"), ("counter", "3"), ("quantile", "0.5")];
    let _counter = registry.counter("shop.orders", &labels).unwrap();
    let found: Vec<_> = registry
        .lint()
        .into_iter()
        .map(|finding| {
            (
                finding.label.unwrap().to_string(),
                finding.rule,
                finding.advice,
            )
        })
        .collect();
    assert_eq!(found.len(), 3, "{found:?}");
    for (label, rule) in [
        ("counter", Rule::LabelNamedAsType),
        ("quantile", Rule::ReservedLabel),
        ("userKind", Rule::CamelCase),
    ] {
        assert!(
            found
                .iter()
                .any(|found| (found.0.as_str(), found.1) == (label, rule)
                    && found.2.contains(&format!("`{label}`"))),
            "{found:?}"
        );
    }
}

/// A registry with a described counter of so many series, which `value` tells apart.
fn counted(builder: Builder, series: usize, value: impl Fn(usize) -> String) -> Registry {
    let registry = builder.build().expect("the limits are valid");
    let described = registry.describe(Kind::Counter, "logins_total", None, "Logins.");
    described.expect("the name is valid");
    for series in 0..series {
        let labels = [("user", &*value(series)), ("via", "form")];
        registered(&registry, Kind::Counter, "logins_total", &labels);
    }
    registry
}

#[test]
fn over_a_hundred_ids_are_found_with_an_example_that_stays_on_its_line() {
    let value = |number| format!("u\n\x1b{number}@example.org{}", "x".repeat(50));
    assert_eq!(counted(Registry::builder(), 100, value).lint(), []);
    let findings = counted(Registry::builder(), 101, value).lint();
    assert_eq!(findings.len(), 1, "{findings:?}");
    let line = findings[0].to_string();
    assert_eq!(findings[0].rule, Rule::Identifiers);
    assert!(line.contains("the label `user` has 101 values"), "{line}");
    assert!(
        line.contains(r#"such as "u\n\u{1b}0@example.orgxxxx"#),
        "{line}"
    );
    assert!(
        line.contains("…\"") && !line.contains(['\n', '\x1b']),
        "{line}"
    );
    assert!(!line.contains(&"x".repeat(30)), "{line}");
}

#[test]
fn a_label_with_values_for_half_the_limit_is_found() {
    let word = |number: usize| {
        let letters = number.to_string().into_bytes().into_iter();
        letters
            .map(|digit| char::from(digit + b'a' - b'0'))
            .collect()
    };
    let limited = || Registry::builder().series_limit(300);
    assert_eq!(counted(limited(), 150, word).lint(), []);
    let findings = counted(limited(), 151, word).lint();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].rule, Rule::ManyValues);
    assert!(findings[0].advice.contains("over half of the 300 series"));
    // Where half the limit is less than a hundred, the overflow tells.
    let small = || Registry::builder().series_limit(50);
    assert_eq!(counted(small(), 60, word).lint(), []);
}

#[test]
fn looks_tell_each_finding_once_whatever_the_callback_does() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&told);
    let registry = Registry::builder()
        .lint_interval(Duration::ZERO)
        .on_finding(move |finding: &Finding| {
            tell.lock().unwrap().push(finding.to_string());
        })
        .build()
        .unwrap();
    let _jobs = registry.counter("jobs_total", &[]).unwrap();
    assert!(told.lock().unwrap().is_empty());
    let once = [registry.lint()[0].to_string()];
    for _ in 0..3 {
        drop((registry.render(), registry.snapshot()));
        assert_eq!(*told.lock().unwrap(), once);
    }
    let _more = registry.counter("more_total", &[]).unwrap();
    drop(registry.render());
    assert_eq!(told.lock().unwrap().len(), 2);
}

#[test]
fn a_callback_that_looks_or_panics_harms_nothing() {
    let registry = Arc::new(Mutex::new(None::<Registry>));
    let own = Arc::clone(&registry);
    let built = Registry::builder()
        .lint_interval(Duration::ZERO)
        .on_finding(move |_: &Finding| {
            let registry = own.lock().unwrap().clone().unwrap();
            drop((registry.render(), registry.lint()));
            panic!("none of the reader's business");
        })
        .build()
        .unwrap();
    *registry.lock().unwrap() = Some(built.clone());
    let _jobs = built.counter("jobs_total", &[]).unwrap();
    assert!(built.render().contains("jobs_total 0"));
}

#[test]
fn looks_within_a_minute_do_not_lint_again() {
    let told = Arc::new(Mutex::new(0));
    let tell = Arc::clone(&told);
    let registry = Registry::builder()
        .on_finding(move |_: &Finding| *tell.lock().unwrap() += 1)
        .build()
        .unwrap();
    drop(registry.render());
    let _jobs = registry.counter("jobs_total", &[]).unwrap();
    drop(registry.render());
    assert_eq!(*told.lock().unwrap(), 0);
    assert_eq!(registry.lint().len(), 1);
}

#[test]
fn however_much_there_is_to_find_what_is_told_and_counted_has_an_end() {
    let told = Arc::new(Mutex::new(0));
    let tell = Arc::clone(&told);
    let registry = Registry::builder()
        .lint_interval(Duration::ZERO)
        .series_limit(100_000)
        .total_series_limit(100_000)
        .on_finding(move |_: &Finding| *tell.lock().unwrap() += 1)
        .build()
        .unwrap();
    for metric in 0..600 {
        registered(&registry, Kind::Counter, &format!("m{metric}"), &[]);
    }
    for user in 0..20_001 {
        let labels = [("user", &*user.to_string())];
        registered(&registry, Kind::Counter, "users", &labels);
    }
    let findings = registry.lint();
    assert_eq!(findings.len(), 2 * 600 + 3);
    let advice = &findings.last().unwrap().advice;
    assert!(advice.contains("has 20000 values"), "{advice}");
    for _ in 0..2 {
        drop(registry.snapshot());
        assert_eq!(*told.lock().unwrap(), 1_000);
    }
}
