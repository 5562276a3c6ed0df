use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use steeple_metrics::{Kind, RegisterError, Registry, Snapshot, Value};

fn recorded(record: impl FnOnce()) -> Snapshot {
    let registry = Registry::new();
    metrics::with_local_recorder(&registry, record);
    registry.snapshot()
}

fn total(snapshot: &Snapshot, name: &str, labels: &[(&str, &str)]) -> Option<u64> {
    snapshot.value(name, labels).and_then(Value::as_counter)
}

fn rejected(snapshot: &Snapshot, reason: &str) -> u64 {
    total(
        snapshot,
        "steeple_metrics_rejected_total",
        &[("reason", reason)],
    )
    .expect("every reason has its series")
}

#[test]
fn macros_record_into_the_registry() {
    let snapshot = recorded(|| {
        for _ in 0..3 {
            counter!("jobs.done", "queue" => "mail").increment(2);
            gauge!("jobs.waiting").increment(1.0);
            histogram!("jobs.duration").record(0.2);
        }
    });
    assert_eq!(
        total(&snapshot, "jobs_done_total", &[("queue", "mail")]),
        Some(6)
    );
    assert_eq!(
        snapshot
            .value("jobs_waiting", &[])
            .and_then(Value::as_gauge),
        Some(3.0)
    );
    let distribution = snapshot
        .value("jobs_duration", &[])
        .and_then(Value::as_histogram)
        .unwrap();
    assert_eq!((distribution.count(), distribution.buckets()[6]), (3, 3));
    assert_eq!(
        snapshot
            .family("jobs_done_total")
            .unwrap()
            .recorded_name
            .as_ref(),
        "jobs.done"
    );
}

#[test]
fn descriptions_fix_name_bounds_and_help() {
    let snapshot = recorded(|| {
        describe_histogram!("body.size", Unit::Bytes, "Size of a body.");
        describe_gauge!("temperature", Unit::Count, "Degrees.");
        histogram!("body.size").record(1_000.0);
        gauge!("temperature").set(20.5);
    });
    let family = snapshot.family("body_size_bytes").unwrap();
    assert_eq!(
        (family.kind, family.unit, &*family.help),
        (Kind::Histogram, Some(Unit::Bytes), "Size of a body.")
    );
    assert_eq!(
        family
            .value(&[])
            .and_then(Value::as_histogram)
            .unwrap()
            .bounds()[0],
        256.0
    );
    assert_eq!(&*snapshot.family("temperature").unwrap().help, "Degrees.");
}

#[test]
fn the_order_of_labels_does_not_matter() {
    let snapshot = recorded(|| {
        counter!("c", "a" => "1", "b" => "2", "c" => "3").increment(1);
        counter!("c", "c" => "3", "b" => "2", "a" => "1").increment(1);
    });
    assert_eq!(
        total(&snapshot, "c", &[("b", "2"), ("a", "1"), ("c", "3")]),
        Some(2)
    );
}

#[test]
fn invalid_names_are_repaired() {
    let snapshot = recorded(|| {
        counter!("mail-sent", "to whom" => "a", "9" => "b").increment(1);
        counter!("mail_sent", "to_whom" => "a", "_9" => "b").increment(1);
        histogram!("h", "le" => "5").record(1.0);
    });
    assert_eq!(
        total(&snapshot, "mail_sent", &[("to_whom", "a"), ("_9", "b")]),
        Some(2)
    );
    assert_eq!(
        snapshot.family("h").unwrap().series[0].labels.as_str(),
        r#"exported_le="5""#
    );
}

#[test]
fn what_the_facade_refuses_is_counted_by_reason() {
    let snapshot = recorded(|| {
        counter!("").increment(1);
        counter!("taken").increment(1);
        gauge!("taken").set(5.0);
        describe_gauge!("taken", "No gauge.");
        histogram!("h").record(1.0);
        counter!("h_count").increment(1);
        gauge!("g_sum").set(1.0);
        histogram!("g").record(1.0);
        counter!("late.io").increment(1);
        describe_counter!("late.io", Unit::Bytes, "Came late.");
        histogram!("h").record(f64::NAN);
        gauge!("level").increment(f64::INFINITY);
    });
    let reasons = [
        "invalid_name",
        "kind_conflict",
        "name_collision",
        "late_unit",
        "not_a_number",
        "too_many_metrics",
    ];
    assert_eq!(
        reasons.map(|reason| rejected(&snapshot, reason)),
        [1, 2, 2, 1, 2, 0]
    );
    assert_eq!(total(&snapshot, "taken", &[]), Some(1));
    assert_eq!(
        &*snapshot.family("late_io_total").unwrap().help,
        "Came late."
    );
    assert!(snapshot.family("h_count").is_none() && snapshot.family("g").is_none());
}

#[test]
fn only_histograms_take_the_names_with_their_suffixes() {
    let snapshot = recorded(|| {
        gauge!("queue").set(1.0);
        counter!("queue_count").increment(2);
    });
    assert_eq!(total(&snapshot, "queue_count", &[]), Some(2));
}

#[test]
fn two_recorded_names_may_share_an_exposed_one() {
    let snapshot = recorded(|| {
        counter!("jobs.done").increment(1);
        counter!("jobs_done_total").increment(2);
        gauge!("jobs.done.total").set(1.0);
    });
    assert_eq!(total(&snapshot, "jobs_done_total", &[]), Some(3));
    assert_eq!(rejected(&snapshot, "kind_conflict"), 1);
}

#[test]
fn a_name_that_joins_a_metric_brings_its_description_and_frees_the_limit() {
    let registry = Registry::builder().metric_limit(2).build().unwrap();
    let describe =
        |name: &str, unit, help: &str| registry.describe(Kind::Histogram, name, unit, help);
    let help = || {
        registry
            .snapshot()
            .family("a_b_seconds")
            .unwrap()
            .help
            .clone()
    };
    drop(registry.histogram("a_b_seconds", &[]).unwrap());
    describe("a.b", Some(Unit::Seconds), "Time.").unwrap();
    drop(registry.histogram("a.b", &[]).unwrap());
    assert_eq!(&*help(), "Time.");
    for name in ["c", "d"] {
        describe(name, None, "").unwrap();
    }
}

#[test]
fn a_name_that_joins_a_metric_does_not_replace_its_description() {
    let snapshot = recorded(|| {
        describe_counter!("jobs_total", "First.");
        counter!("jobs_total").increment(1);
        describe_counter!("jobs.total", "Second.");
        counter!("jobs.total").increment(1);
    });
    assert_eq!(&*snapshot.family("jobs_total").unwrap().help, "First.");
}

#[test]
fn direct_registration_names_the_value_and_the_fix() {
    let registry = Registry::new();
    drop(registry.counter("orders", &[]).unwrap());
    let cases = [
        (
            registry.gauge("a b", &[]).err(),
            "metric name \"a b\" is invalid: use ASCII letters",
        ),
        (
            registry.gauge("g", &[("9", "")]).err(),
            "label name \"9\" is invalid: use ASCII letters",
        ),
        (
            registry.gauge("g", &[("__g", "")]).err(),
            "label name \"__g\" is reserved: choose another",
        ),
        (
            registry.gauge("g", &[("a", ""), ("a", "")]).err(),
            "label \"a\" is given twice: keep one",
        ),
        (
            registry.gauge("orders", &[]).err(),
            "metric \"orders\" is already a counter: choose another name for the gauge",
        ),
        (
            registry
                .describe(Kind::Counter, "orders", Some(Unit::Bytes), "")
                .err(),
            "unit \"bytes\" of metric \"orders\" comes after its first series: describe the metric before",
        ),
    ];
    for (error, message) in cases {
        let error = error.unwrap().to_string();
        assert!(error.starts_with(message), "{error}");
    }
    assert!(matches!(
        registry.histogram("", &[]),
        Err(RegisterError::InvalidName { .. })
    ));
    assert_eq!(rejected(&registry.snapshot(), "invalid_name"), 0);
}

#[test]
fn absolute_counters_never_go_back() {
    let snapshot = recorded(|| {
        counter!("seen").absolute(10);
        counter!("seen").absolute(4);
    });
    assert_eq!(total(&snapshot, "seen", &[]), Some(10));
}
