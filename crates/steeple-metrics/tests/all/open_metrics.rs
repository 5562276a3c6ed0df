use metrics::Unit;
use steeple_metrics::{Escaping, Format, Kind, Matcher, NativeConfig, Registry};

/// The exposition without the registry's own metrics.
fn users_part(registry: &Registry) -> String {
    let exposition = registry.exposition(Format::OpenMetrics(Escaping::Underscores));
    let text = String::from_utf8(exposition.flatten().collect()).expect("UTF-8");
    let (users, own) = text
        .split_once("# HELP steeple_metrics_")
        .expect("own metrics are there");
    assert!(own.ends_with("\n# EOF\n"));
    users.to_owned()
}

#[test]
fn the_text_is_exactly_that_of_the_specification() {
    let registry = Registry::builder()
        .buckets(Matcher::full("b.wait"), &[0.5, 1.0])
        .build()
        .unwrap();
    let describe = |kind, name, unit, help| registry.describe(kind, name, Some(unit), help);
    let help = "Time\nin the \"queue\" \\o/";
    describe(Kind::Histogram, "b.wait", Unit::Seconds, help).unwrap();
    describe(Kind::Counter, "c.io", Unit::Bytes, "").unwrap();
    let wait = registry
        .histogram("b.wait", &[("queue", "a\"b\\\n")])
        .unwrap();
    wait.record(0.25);
    wait.record(8.0);
    registry
        .counter("a.jobs", &[("z", "1")])
        .unwrap()
        .increment(7);
    registry.gauge("a_level", &[]).unwrap().set(-0.5);
    registry.counter("c.io", &[]).unwrap().increment(1);

    assert_eq!(
        users_part(&registry),
        r##"# TYPE a_jobs counter
a_jobs_total{z="1"} 7
# TYPE a_level gauge
a_level -0.5
# HELP b_wait_seconds Time\nin the \"queue\" \\o/
# TYPE b_wait_seconds histogram
# UNIT b_wait_seconds seconds
b_wait_seconds_bucket{queue="a\"b\\\n",le="0.5"} 1
b_wait_seconds_bucket{queue="a\"b\\\n",le="1"} 1
b_wait_seconds_bucket{queue="a\"b\\\n",le="+Inf"} 2
b_wait_seconds_sum{queue="a\"b\\\n"} 8.25
b_wait_seconds_count{queue="a\"b\\\n"} 2
# TYPE c_io_bytes counter
# UNIT c_io_bytes bytes
c_io_bytes_total 1
"##
    );
}

#[test]
fn a_counter_that_is_not_named_as_one_keeps_its_name_and_has_no_type() {
    let registry = Registry::new();
    registry.counter("jobs", &[]).unwrap().increment(1);
    assert_eq!(users_part(&registry), "# TYPE jobs unknown\njobs 1\n");
}

#[test]
fn a_counter_whose_short_name_is_taken_has_no_type() {
    let registry = Registry::new();
    let count = |name: &str| drop(registry.counter(name, &[]).unwrap());
    let measure = |name: &str| drop(registry.gauge(name, &[]).unwrap());
    count("a_total");
    measure("a");
    count("b_total");
    measure("b_created");
    count("c_total");
    count("c_created_total");
    count("d_count_total");
    drop(registry.histogram("d", &[]).unwrap());
    let text = users_part(&registry);
    let mut types: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .collect();
    types.sort_unstable();
    assert_eq!(
        types,
        [
            "a gauge",
            "a_total unknown",
            "b_created gauge",
            "b_total unknown",
            "c counter",
            "c_created_total unknown",
            "d histogram",
            "d_count_total unknown",
        ]
    );
}

#[test]
fn a_unit_that_is_not_in_the_name_is_left_out() {
    let registry = Registry::new();
    registry
        .describe(Kind::Gauge, "level", Some(Unit::Bytes), "")
        .unwrap();
    drop(registry.gauge("level", &[]).unwrap());
    assert!(!users_part(&registry).contains("UNIT"));
}

#[test]
fn a_sum_that_may_go_down_is_left_out_with_its_count() {
    let registry = Registry::builder()
        .buckets(Matcher::full("below"), &[-1.0, 1.0])
        .native_histograms(Matcher::prefix("native"), NativeConfig::new())
        .build()
        .unwrap();
    let record = |name: &str, value: f64| registry.histogram(name, &[]).unwrap().record(value);
    record("below", 5.0);
    record("minus", -5.0);
    record("native_minus", -1.0);
    record("native_minus", 5.0);
    record("native_plus", 0.0);
    record("native_plus", 5.0);
    record("plus", 5.0);
    let text = users_part(&registry);
    let sums: Vec<_> = text
        .lines()
        .filter(|line| line.contains("_sum ") || line.contains("_count "))
        .collect();
    let shown = [
        "native_plus_sum 5",
        "native_plus_count 2",
        "plus_sum 5",
        "plus_count 1",
    ];
    assert_eq!(sums, shown);
    assert!(text.contains("native_minus_bucket{le=\"+Inf\"} 2\n"));
    assert!(text.contains("below_bucket{le=\"-1\"} 0\n") && text.contains("minus_bucket"));
}

#[test]
fn creation_times_are_shown_where_they_are_wanted() {
    let before = std::time::SystemTime::now();
    let registry = Registry::builder().created_series(true).build().unwrap();
    let labels = [("a", "1")];
    drop(registry.counter("c.c", &labels).unwrap());
    drop(registry.counter("plain", &labels).unwrap());
    drop(registry.gauge("g", &labels).unwrap());
    drop(registry.histogram("h", &labels).unwrap());
    let text = users_part(&registry);
    let created: Vec<_> = text
        .lines()
        .filter_map(|line| line.split_once("_created{"))
        .collect();
    let names: Vec<_> = created.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["c_c", "h"]);
    for (_, rest) in created {
        let seconds: f64 = rest.strip_prefix("a=\"1\"} ").unwrap().parse().unwrap();
        let since = before.duration_since(std::time::UNIX_EPOCH).unwrap();
        assert!((seconds - since.as_secs_f64()).abs() < 60.0);
    }
    assert!(!registry.render().contains("_created"));
}
