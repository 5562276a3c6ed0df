//! What needs the process's recorder, which all these tests share.

use std::{
    error::Error,
    sync::LazyLock,
    time::{Duration, Instant},
};

use steeple_metrics::{CallSite, Registry, Value, counter, gauge, histogram};

static INSTALLED: LazyLock<Registry> = LazyLock::new(|| {
    let registry = Registry::builder()
        .series_limit(5_000)
        .idle_timeout(Duration::from_millis(100))
        .build()
        .expect("the settings are valid");
    registry.install().expect("nobody else installs one");
    registry
});

fn total(name: &str, labels: &[(&str, &str)]) -> Option<u64> {
    let snapshot = INSTALLED.snapshot();
    snapshot.value(name, labels).and_then(Value::as_counter)
}

#[test]
fn a_second_installation_is_a_typed_error() {
    assert!(INSTALLED.counter("first", &[]).is_ok());
    let error = Registry::new().install().unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("another metrics recorder is already installed: ")
    );
    assert!(error.source().is_some());
}

#[test]
fn a_macro_finds_a_series_again_without_allocating() {
    LazyLock::force(&INSTALLED);
    let record = |country: &str| {
        let city = format!("{country}-1");
        counter!("macro.orders", "country" => country, "city" => city).increment(2);
        gauge!("macro.level", "country" => country).increment(1.5);
        histogram!("macro.wait", "country" => country).record(0.2);
        drop(city);
    };
    record("NZ");
    let allocated = |country| allocation_counter::measure(|| record(country)).count_total;
    // The city's text is the test's own.
    assert_eq!(allocated("NZ"), 1);
    assert!(allocated("FR") > 1, "each country is a series of its own");
    // A second one, later, would miss what has been idle since.
    let snapshot = INSTALLED.snapshot();
    let orders = snapshot.value("macro_orders_total", &[("country", "NZ"), ("city", "NZ-1")]);
    assert_eq!(orders.and_then(Value::as_counter), Some(4));
    let level = snapshot.value("macro_level", &[("country", "NZ")]);
    assert_eq!(level.and_then(Value::as_gauge), Some(3.0));
    let wait = snapshot.value("macro_wait", &[("country", "FR")]);
    assert_eq!(wait.and_then(Value::as_histogram).unwrap().count(), 1);
}

#[test]
fn the_macros_of_the_facade_record_into_the_same_series() {
    LazyLock::force(&INSTALLED);
    for _ in 0..3 {
        counter!("macro.both", "kind" => "a").increment(1);
        metrics::counter!("macro.both", "kind" => String::from("a")).increment(10);
    }
    assert_eq!(total("macro_both_total", &[("kind", "a")]), Some(33));
}

#[test]
fn values_that_run_together_are_told_apart() {
    LazyLock::force(&INSTALLED);
    for (a, b) in [("x", "yz"), ("xy", "z"), ("xyz", ""), ("x", "yz")] {
        counter!("macro.split", "a" => a, "b" => b).increment(1);
    }
    let snapshot = INSTALLED.snapshot();
    let split = |labels: &[_]| {
        let value = snapshot.value("macro_split_total", labels);
        value.and_then(Value::as_counter)
    };
    assert_eq!(split(&[("a", "x"), ("b", "yz")]), Some(2));
    assert_eq!(split(&[("a", "xy"), ("b", "z")]), Some(1));
    assert_eq!(split(&[("a", "xyz")]), Some(1));
}

#[test]
fn more_series_than_a_thread_keeps_are_counted_exactly() {
    LazyLock::force(&INSTALLED);
    let numbers: Vec<_> = (0..4_000).map(|number| number.to_string()).collect();
    // Held, so that none is idle enough to be dropped.
    let handles: Vec<_> = numbers
        .iter()
        .map(|number| counter!("macro.many", "number" => number).handle())
        .collect();
    for _ in 0..3 {
        for number in &numbers {
            counter!("macro.many", "number" => number).increment(1);
        }
    }
    for handle in &handles {
        handle.increment(1);
    }
    let snapshot = INSTALLED.snapshot();
    let many = &snapshot.family("macro_many_total").unwrap().series;
    assert_eq!(many.len(), 4_000);
    assert!(
        many.iter()
            .all(|series| series.value.as_counter() == Some(4))
    );
}

#[test]
fn a_recorder_of_ones_own_is_the_one_that_is_recorded_into() {
    LazyLock::force(&INSTALLED);
    let own = Registry::new();
    let record = || counter!("macro.own", "a" => "1").increment(1);
    record();
    metrics::with_local_recorder(&own, || (0..2).for_each(|_| record()));
    let labels = [("a", "1")];
    let snapshot = own.snapshot();
    let counted = snapshot.value("macro_own_total", &labels);
    assert_eq!(counted.and_then(Value::as_counter), Some(2));
    assert_eq!(total("macro_own_total", &labels), Some(1));
}

#[test]
fn a_series_that_a_macro_no_longer_asks_for_is_dropped() {
    LazyLock::force(&INSTALLED);
    let orders = |day: &str| counter!("macro.days", "day" => day).increment(1);
    orders("first");
    let deadline = Instant::now() + Duration::from_secs(30);
    // A dropped series begins anew; one whose handle was kept would go on.
    while {
        let pause = Instant::now();
        while pause.elapsed() < Duration::from_millis(450) {
            orders("second");
            let _look = INSTALLED.snapshot();
        }
        orders("first");
        total("macro_days_total", &[("day", "first")]) != Some(1)
    } {
        assert!(Instant::now() < deadline);
    }
}

#[test]
fn a_series_that_a_macro_recorded_beyond_the_limit_is_made_once_there_is_room() {
    LazyLock::force(&INSTALLED);
    let late = || counter!("macro.crowded", "number" => "late").increment(1);
    let handles: Vec<_> = (0..5_000)
        .map(|number| number.to_string())
        .map(|number| counter!("macro.crowded", "number" => number).handle())
        .collect();
    late();
    assert_eq!(total("macro_crowded_total", &[("number", "late")]), None);
    drop(handles);
    let deadline = Instant::now() + Duration::from_secs(30);
    while total("macro_crowded_total", &[("number", "late")]).is_none() {
        assert!(Instant::now() < deadline);
        late();
    }
}

#[test]
fn a_call_site_that_records_two_kinds_is_refused_the_second() {
    LazyLock::force(&INSTALLED);
    static SITE: CallSite<0> = CallSite::new("macro.kinds", []);
    SITE.counter([]).increment(1);
    SITE.gauge([]).set(1.0);
    let refused = total(
        "steeple_metrics_rejected_total",
        &[("reason", "kind_conflict")],
    );
    assert_eq!(refused, Some(1));
    assert_eq!(total("macro_kinds_total", &[]), Some(1));
}
