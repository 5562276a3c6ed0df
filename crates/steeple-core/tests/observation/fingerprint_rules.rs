//! By what reports are the same, as it is configured.

use std::{
    iter,
    sync::{Arc, mpsc},
};

use steeple_core::{
    Observer, ObserverBuilder, ObserverError, current,
    errors::{Backtrace, ErrorKind, ErrorReport, FingerprintRule},
};

use crate::{Stage, respond};

#[derive(Debug, thiserror::Error)]
#[error("no order {0}")]
struct NoOrder(u32, #[source] Away);

#[derive(Debug, thiserror::Error)]
#[error("the database is away")]
struct Away;

fn fail() {
    current::attach(&NoOrder(7, Away));
}

/// The only report of a request that `handle` fails, of an observer with these rules.
fn reported(rules: impl IntoIterator<Item = FingerprintRule>, handle: fn()) -> Arc<ErrorReport> {
    // What fails while another test has it done has no backtrace.
    Backtrace::prepare();
    let (reports, reported) = mpsc::channel();
    let stage = Stage::with(|builder| {
        let sink = move |report: &Arc<ErrorReport>| reports.send(report.clone()).unwrap();
        let builder = builder.error_sink(sink);
        rules
            .into_iter()
            .fold(builder, ObserverBuilder::fingerprint_rule)
    });
    let mut observation = stage.at("GET", "/orders/{id}", &());
    let _ = observation.run(handle);
    respond(&mut observation, 500, Some(0));
    drop(observation);
    let report = reported.try_recv().unwrap();
    assert!(reported.try_recv().is_err(), "it is reported once");
    report
}

fn rule() -> FingerprintRule {
    FingerprintRule::new(["it", FingerprintRule::DEFAULT])
}

fn fingerprint(report: &ErrorReport) -> Vec<String> {
    let frames = report.backtrace.as_ref().map(Backtrace::frames);
    let frames = frames.unwrap_or_default();
    let own = frames.iter().filter(|frame| frame.in_app);
    let calls = own.flat_map(|frame| frame.function.iter().chain(&frame.file));
    report.fingerprint(calls.map(String::as_str)).to_vec()
}

/// Whether the rule is for what `handle` fails by.
fn matches(rule: FingerprintRule, handle: fn()) -> bool {
    let fingerprint = fingerprint(&reported([rule], handle));
    assert!(fingerprint.is_empty() || fingerprint == ["it", "{{ default }}"]);
    !fingerprint.is_empty()
}

#[test]
fn a_rule_matches_what_meets_all_of_its_conditions() {
    for own in [
        rule(),
        rule().error_type("NoOrder"),
        rule().error_type("*::fingerprint_rules::NoOrder"),
        rule().error_type("Away"),
        rule().message("no order *"),
        rule().message("the database is away"),
        rule().place("*::fingerprint_rules::fail"),
        rule().place("*/fingerprint_rules.rs"),
        rule().route("/orders/*"),
        rule().kind(ErrorKind::Error),
        rule().error_type("Away").message("no *").route("*/{id}"),
    ] {
        assert!(matches(own.clone(), fail), "{own:?}");
    }
    for other in [
        rule().error_type("Order"),
        rule().message("no order"),
        rule().place("*::settle"),
        rule().route("/orders"),
        rule().kind(ErrorKind::Panic),
        rule().error_type("Away").message("no *").route("/users/*"),
    ] {
        assert!(!matches(other.clone(), fail), "{other:?}");
    }
}

#[test]
fn a_panic_is_known_by_its_location() {
    let fail = || panic!("lost {}", 7);
    assert!(matches(rule().place("*fingerprint_rules.rs:*"), fail));
    assert!(matches(rule().error_type("panic").message("lost *"), fail));
    assert!(!matches(rule().place("*errors.rs:*"), fail));
    let report = reported([rule().place("*fingerprint_rules.rs:*")], fail);
    let unresolved = report.fingerprint(iter::empty());
    assert_eq!(unresolved, ["it", "{{ default }}"]);
}

#[test]
fn a_job_is_known_by_its_kind_and_name() {
    let (reports, reported) = mpsc::channel();
    let observer = Observer::builder()
        .fingerprint_rule(FingerprintRule::new(["cron"]).route("cron *"))
        .error_sink(move |report: &Arc<ErrorReport>| reports.send(report.clone()).unwrap())
        .build()
        .unwrap();
    observer.observe("cron", "nightly").run(fail);
    observer.observe("queue", "emails").run(fail);
    assert_eq!(fingerprint(&reported.recv().unwrap()), ["cron"]);
    assert!(fingerprint(&reported.recv().unwrap()).is_empty());
}

#[test]
fn the_first_that_matches_counts_behind_what_is_said_on_the_spot() {
    let rules = || ["first", "second"].map(|part| FingerprintRule::new([part]).message("no *"));
    assert_eq!(fingerprint(&reported(rules(), fail)), ["first"]);
    let told = || {
        current::fingerprint(["told"]);
        fail();
    };
    assert_eq!(fingerprint(&reported(rules(), told)), ["told"]);
    assert!(fingerprint(&reported([], fail)).is_empty());
}

#[test]
fn a_rule_that_cannot_be_one_is_told_by_its_number() {
    let with = |rules: Vec<FingerprintRule>| {
        let builder = Observer::builder();
        let builder = rules
            .into_iter()
            .fold(builder, ObserverBuilder::fingerprint_rule);
        builder.build().map(drop)
    };
    let error = with(vec![rule(), rule().route("")]).unwrap_err();
    assert_eq!(error.to_string(), "fingerprint rule 2 cannot be used");
    let source = std::error::Error::source(&error).unwrap();
    assert!(source.to_string().starts_with("its pattern `` is to have"));
    assert_eq!(with(vec![rule(); 100]), Ok(()));
    assert_eq!(
        with(vec![rule(); 101]),
        Err(ObserverError::TooManyFingerprintRules { count: 101 })
    );
}
