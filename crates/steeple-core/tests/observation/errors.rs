//! Failures, each reported once.

use std::{
    fmt, io, iter,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use steeple_core::{
    FieldNames, HttpVersion, Observer, Outcome, RoutePolicy, current,
    errors::{Backtrace, ErrorKind, ErrorReport, FingerprintRule, Subject},
    log_error,
};
use tracing::Level;

use crate::{Stage, respond};

type Reports = Arc<Mutex<Vec<Arc<ErrorReport>>>>;

/// A stage whose reports of errors are kept.
fn reporting() -> (Stage, Reports) {
    // What fails while another test has it done has no backtrace.
    Backtrace::prepare();
    let reports = Reports::default();
    let sink = Arc::clone(&reports);
    let stage = Stage::with(|builder| {
        builder
            .route("/livez", RoutePolicy::new().ignore())
            .kept_headers(["accept"])
            .fingerprint_rule(FingerprintRule::new(["nobody"]).message("nobody *"))
            .error_sink(move |report: &Arc<ErrorReport>| {
                sink.lock().unwrap().push(Arc::clone(report));
            })
    });
    (stage, reports)
}

fn taken(reports: &Reports) -> Vec<Arc<ErrorReport>> {
    std::mem::take(&mut *reports.lock().unwrap())
}

fn only(reports: &Reports) -> Arc<ErrorReport> {
    let mut reports = taken(reports);
    assert_eq!(reports.len(), 1, "{reports:#?}");
    reports.remove(0)
}

#[derive(Debug, thiserror::Error)]
#[error("no order {id}")]
struct NoOrder {
    id: u32,
    source: Away,
}

#[derive(Debug, thiserror::Error)]
#[error("the database is away")]
struct Away {
    source: io::Error,
}

fn no_order(id: u32) -> NoOrder {
    NoOrder {
        id,
        source: Away {
            source: io::Error::other("connection refused"),
        },
    }
}

fn said(report: &ErrorReport) -> Vec<&str> {
    report.causes.iter().map(|cause| &*cause.message).collect()
}

#[test]
fn a_panic_is_reported_with_its_place_and_the_identity_of_its_request() {
    let (stage, reports) = reporting();
    let mut observation = stage.at("POST", "/orders/{id}", &());
    let id = *observation.request_id().unwrap();
    let mut trace = None;
    let panicked = observation.run(|| {
        trace = current::trace();
        panic!("lost {}", 7);
    });
    panicked.unwrap_err();
    respond(&mut observation, 500, Some(0));
    let report = only(&reports);
    assert_eq!(report.kind, ErrorKind::Panic);
    assert_eq!(said(&report), ["lost 7"]);
    assert_eq!(report.error().type_name.as_deref(), Some("panic"));
    assert!(report.location.as_deref().unwrap().contains("errors.rs:"));
    assert_eq!((report.request_id, report.trace), (Some(id), trace));
    let Subject::Request(request) = &report.subject else {
        panic!("{report:#?}");
    };
    assert_eq!(
        (&*request.method, &*request.route, request.status),
        ("POST", "/orders/{id}", Some(500))
    );
    assert_eq!(request.outcome, Some(Outcome::Panicked));
    let frames = report.backtrace.as_ref().unwrap().frames();
    let first = frames[0].function.as_deref().unwrap();
    assert!(
        first.contains("a_panic_is_reported_with_its_place"),
        "{first}"
    );
    assert!(frames[0].in_app);
    assert_eq!(report.thread.as_deref(), thread::current().name());
}

#[test]
fn an_error_is_reported_with_all_that_caused_it() {
    let (stage, reports) = reporting();
    let mut observation = stage.get();
    observation.run(|| current::attach(&no_order(7))).unwrap();
    respond(&mut observation, 503, Some(0));
    let report = only(&reports);
    assert_eq!(report.kind, ErrorKind::Error);
    assert_eq!(
        said(&report),
        ["no order 7", "the database is away", "connection refused"]
    );
    let type_name = |place: usize| report.causes[place].type_name.as_deref().unwrap();
    assert!(type_name(0).ends_with("errors::NoOrder"));
    assert_eq!([type_name(1), type_name(2)], ["Away", "Custom"]);
    let frames = report.backtrace.as_ref().unwrap().frames();
    let first = frames[0].function.as_deref().unwrap();
    assert!(
        first.contains("an_error_is_reported_with_all_that_caused_it"),
        "{first}"
    );
    assert!(frames[0].file.as_deref().unwrap().ends_with("errors.rs"));
    assert!(frames[0].line.is_some());
}

#[test]
fn a_failure_that_nothing_explains_is_told_by_its_status() {
    let (stage, reports) = reporting();
    respond(&mut stage.get(), 503, Some(0));
    let report = only(&reports);
    assert_eq!(report.kind, ErrorKind::Status);
    assert_eq!(report.error().type_name.as_deref(), Some("503"));
    assert_eq!(said(&report), ["it was answered with 503"]);
    assert_eq!(report.backtrace, None);
}

#[test]
fn a_body_that_breaks_off_and_a_time_out_are_reported_as_such() {
    let (stage, reports) = reporting();
    let mut observation = stage.get();
    respond(&mut observation, 200, None);
    observation.fail("body_error");
    assert_eq!(only(&reports).kind, ErrorKind::BodyError);
    let mut observation = stage.get();
    observation.run(current::timed_out).unwrap();
    respond(&mut observation, 504, Some(0));
    assert_eq!(only(&reports).kind, ErrorKind::TimedOut);
}

#[test]
fn what_is_not_the_fault_of_the_service_is_not_reported() {
    let (stage, reports) = reporting();
    for status in [200, 404] {
        let mut observation = stage.get();
        observation.run(|| current::attach(&no_order(7))).unwrap();
        respond(&mut observation, status, Some(0));
    }
    drop(stage.get());
    respond(&mut stage.at("GET", "/livez", &()), 500, Some(0));
    assert!(taken(&reports).is_empty());
}

/// Leaves a breadcrumb while it prints itself.
struct Chatty;

impl fmt::Display for Chatty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        current::breadcrumb(Level::INFO, "shop", "asked");
        f.write_str("the cache is cold")
    }
}

#[test]
fn what_the_application_tells_is_that_of_one_request() {
    let (stage, reports) = reporting();
    let mut observation = stage.get();
    let tell = || {
        current::tag("tenant", "blue");
        current::user("ada");
        current::fingerprint(["orders", "database"]);
        current::breadcrumb(Level::WARN, "shop", Chatty);
    };
    observation.run(tell).unwrap();
    respond(&mut observation, 500, Some(0));
    respond(&mut stage.get(), 500, Some(0));
    let reports = taken(&reports);
    let [told, silent] = &*reports else {
        panic!("{reports:#?}");
    };
    let scene = &told.scene;
    assert_eq!(Vec::from_iter(scene.tags()), [("tenant", "blue")]);
    assert_eq!(scene.user().unwrap().as_str(), "ada");
    assert_eq!(scene.fingerprint(), ["orders", "database"]);
    let crumbs: Vec<_> = scene
        .breadcrumbs()
        .map(|crumb| (crumb.level, &*crumb.target, &*crumb.message))
        .collect();
    assert_eq!(
        crumbs,
        [
            (Level::INFO, "shop", "asked"),
            (Level::WARN, "shop", "the cache is cold")
        ]
    );
    let scene = &silent.scene;
    assert_eq!(scene.tags().count() + scene.breadcrumbs().count(), 0);
    assert!(scene.user().is_none() && scene.fingerprint().is_empty());
}

#[test]
fn an_error_can_be_reported_while_its_request_goes_on() {
    let (stage, reports) = reporting();
    let mut observation = stage.get();
    let id = observation.request_id().copied();
    let log = || log_error(&no_order(8), &[("cache", "prices")]);
    observation.run(log).unwrap();
    respond(&mut observation, 200, Some(0));
    let report = only(&reports);
    assert_eq!(report.kind, ErrorKind::Logged);
    assert_eq!(report.request_id, id);
    assert_eq!(report.causes.len(), 3);
    assert_eq!(Vec::from_iter(report.scene.tags()), [("cache", "prices")]);
    let Subject::Request(request) = &report.subject else {
        panic!("{report:#?}");
    };
    assert_eq!(request.outcome, None);
}

#[test]
fn a_job_that_fails_is_reported() {
    let (stage, reports) = reporting();
    let job = stage.observer.observe("queue", "emails");
    job.run(|| current::attach(&no_order(9)));
    let report = only(&reports);
    assert_eq!(report.kind, ErrorKind::Error);
    assert!(
        matches!(
            report.subject,
            Subject::Job {
                kind: "queue",
                name: "emails",
                ..
            }
        ),
        "{report:#?}"
    );
}

#[test]
fn what_fails_outside_of_any_request_is_told_to_the_observer_of_the_process() {
    let (stage, reports) = reporting();
    stage.observer.serve_process();
    let thread = thread::Builder::new().name("mailer".to_owned());
    let panicked = thread.spawn(|| panic!("nobody is observed")).unwrap();
    panicked.join().unwrap_err();
    let deadline = Instant::now() + Duration::from_secs(10);
    let found = loop {
        // Other tests panic on threads of their own.
        let ours = |report: &Arc<ErrorReport>| report.thread.as_deref() == Some("mailer");
        if let Some(found) = taken(&reports).into_iter().find(ours) {
            break found;
        }
        assert!(Instant::now() < deadline, "no report came");
        thread::yield_now();
    };
    assert_eq!(found.subject, Subject::Process);
    assert_eq!(said(&found), ["nobody is observed"]);
    assert_eq!(found.fingerprint(iter::empty()), ["nobody"]);
    assert!(found.backtrace.is_some());
    assert_eq!(found.request_id, None);
    log_error(&no_order(10), &[]);
    let logged = taken(&reports);
    assert!(
        logged.iter().any(|report| report.kind == ErrorKind::Logged
            && said(report)[0] == "no order 10"
            && report.subject == Subject::Process),
        "{logged:#?}"
    );
}

#[test]
fn a_sink_that_panics_loses_its_own_reports_alone() {
    let reports = Reports::default();
    let sink = Arc::clone(&reports);
    let observer = Observer::builder()
        .error_sink(|_: &Arc<ErrorReport>| panic!("the sink is broken"))
        .error_sink(move |report: &Arc<ErrorReport>| {
            sink.lock().unwrap().push(Arc::clone(report));
        })
        .build()
        .unwrap();
    observer
        .observe("job", "one")
        .run(|| current::attach(&no_order(11)));
    assert_eq!(said(&only(&reports))[0], "no order 11");
}

#[test]
fn a_panic_that_the_application_catches_and_answers_with_success_is_its_own_affair() {
    let (stage, reports) = reporting();
    let mut observation = stage.get();
    let begun = Instant::now();
    let catch = || drop(std::panic::catch_unwind(|| panic!("caught")));
    for _ in 0..20 {
        observation.run(|| (catch(), catch())).unwrap();
    }
    // Nobody waits for them as for the last of a process, half a second each.
    assert!(begun.elapsed() < Duration::from_secs(5));
    respond(&mut observation, 200, Some(0));
    assert!(taken(&reports).is_empty());
}

#[test]
fn a_report_tells_the_head_of_its_request_and_no_more_of_it_than_wanted() {
    let (stage, reports) = reporting();
    let sent = [
        ("host", "shop.example"),
        ("accept", "text/html"),
        ("authorization", "Bearer secret"),
        ("user-agent", "curl/8"),
    ];
    respond(&mut stage.start("POST", &sent), 500, Some(0));
    respond(&mut stage.get(), 500, Some(0));
    let reports = taken(&reports);
    let head = |report: &ErrorReport| match &report.subject {
        Subject::Request(request) => request.head.clone(),
        other => panic!("{other:?}"),
    };
    let told = head(&reports[0]);
    assert_eq!(
        [told.method(), told.host(), told.user_agent()],
        ["POST", "shop.example", "curl/8"]
    );
    assert_eq!(Vec::from_iter(told.headers()), [("accept", "text/html")]);
    let next = head(&reports[1]);
    assert_eq!([next.host(), next.user_agent()], ["", ""]);
    assert_eq!(next.headers().count(), 0);
}

#[test]
fn what_a_report_would_tell_is_known_before_there_is_one() {
    let (stage, reports) = reporting();
    let mut observation = stage.at("GET", "/orders/{id}", &());
    let id = *observation.request_id().unwrap();
    let (facts, trace) = observation
        .run(|| {
            current::tag("tenant", "blue");
            (current::facts().unwrap(), current::trace())
        })
        .unwrap();
    assert_eq!((facts.request_id, facts.trace), (Some(id), trace));
    assert_eq!(Vec::from_iter(facts.scene.tags()), [("tenant", "blue")]);
    let Subject::Request(request) = &facts.subject else {
        panic!("{facts:#?}");
    };
    assert_eq!(
        (&*request.method, &*request.route, request.outcome),
        ("GET", "/orders/{id}", None)
    );
    respond(&mut observation, 200, Some(0));
    assert!(taken(&reports).is_empty());
    assert!(current::facts().is_none());

    let silent = Stage::new();
    let mut observation = silent.at("GET", "/orders/{id}", &());
    assert!(observation.run(current::facts).unwrap().is_none());
}

#[test]
fn who_looks_fields_up_by_name_is_told_each_name_that_is_kept_once() {
    let observer = Observer::builder()
        .error_sink(|_: &Arc<ErrorReport>| ())
        .kept_headers(["accept", "traceparent"])
        .build()
        .unwrap();
    let names = |observer: &_| FieldNames::new(observer, |name| Some(name.to_owned()));
    let kept = names(&observer);
    let kept = kept.of(HttpVersion::Http11, Some(0));
    for name in ["host", "user-agent", "accept", "traceparent"] {
        let times = kept.iter().filter(|known| **known == name).count();
        assert_eq!(times, 1, "{name} in {kept:?}");
    }
    let silent = names(&Observer::default());
    let read = silent.of(HttpVersion::Http11, Some(0));
    assert!(!read.contains(&"host".to_owned()), "nobody wants to know");
}
