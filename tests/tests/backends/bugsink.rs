//! Errors sent to a real server.

use std::{io, sync::mpsc, thread, time::Duration};

use actix_web::{App, HttpResponse, HttpServer};
use axum::{Router, http::StatusCode, routing::get};
use serde_json::Value;
use steeple::{
    Steeple,
    core::errors::{Backtrace, FingerprintRule},
    current,
    sentry::sentry_core::{self, Level, protocol::Event},
};
use steeple_stub::Stub;
use steeple_tests::{backends::Bugsink, process::isolated, serving::serve, waiting::within};
use tokio::runtime::Runtime;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const DEADLINE: Duration = Duration::from_secs(30);

#[derive(Debug, thiserror::Error)]
#[error("no order {id}")]
struct NoOrder {
    id: u32,
    source: Away,
}

#[derive(Debug, thiserror::Error)]
#[error("the database is away")]
struct Away(#[source] io::Error);

/// What goes wrong with this order; the span that it went wrong in.
fn handle(order: &str) -> u16 {
    current::breadcrumb(tracing::Level::INFO, "shop::cart", "opened");
    current::user("ada@example.org");
    match order {
        "panic" => panic!("the order is lost"),
        "chain" => {
            let refused = "connection to postgres://shop:hunter2@db refused";
            let source = Away(io::Error::new(io::ErrorKind::ConnectionRefused, refused));
            current::attach(&NoOrder { id: 7, source });
            500
        }
        "message" => {
            sentry_core::capture_message("the stock is low", Level::Warning);
            200
        }
        _ => 503,
    }
}

fn axum_app(steeple: &Steeple) -> String {
    let route = |order: &'static str| {
        get(move || async move { StatusCode::from_u16(handle(order)).unwrap() })
    };
    let app = ORDERS.into_iter().fold(Router::new(), |app, order| {
        app.route(&format!("/{order}"), route(order))
    });
    let app = app.layer(steeple.axum());
    format!("http://{}", serve(app, 2))
}

fn actix_app(steeple: &Steeple) -> String {
    let observe = steeple.actix();
    let (bound, address) = mpsc::channel();
    thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = HttpServer::new(move || {
                ORDERS
                    .into_iter()
                    .fold(App::new().wrap(observe.clone()), |app, order| {
                        let answer = move || async move {
                            let status = actix_web::http::StatusCode::from_u16(handle(order));
                            HttpResponse::new(status.unwrap())
                        };
                        app.route(&format!("/{order}"), actix_web::web::get().to(answer))
                    })
            });
            let server = server.workers(1).bind("127.0.0.1:0").unwrap();
            bound.send(server.addrs()[0]).unwrap();
            server.run().await.unwrap();
        });
    });
    format!("http://{}", address.recv().unwrap())
}

const ORDERS: [&str; 4] = ["panic", "chain", "bare", "message"];

/// What is panicked with outside of requests.
const OUTSIDE: [&str; 2] = ["the task is lost", "the thread is lost"];

fn panic_outside(runtime: &Runtime) {
    let task = runtime.spawn(async { panic!("{}", OUTSIDE[0]) });
    assert!(runtime.block_on(task).is_err());
    assert!(thread::spawn(|| panic!("{}", OUTSIDE[1])).join().is_err());
}

/// Asks with what nobody is to be told of.
fn ask(url: &str) {
    let asked = ureq::get(format!("{url}?token=hunter2&mail=ada@example.org"))
        .header("authorization", "Bearer hunter2")
        .header("cookie", "sid=hunter2")
        .header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"))
        .config()
        .http_status_as_error(false)
        .build()
        .call();
    asked.unwrap();
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn it_groups_what_axum_and_actix_report() {
    let name = "bugsink::it_groups_what_axum_and_actix_report";
    isolated(name, || {
        // What fails while the first failure has it done has no backtrace.
        Backtrace::prepare();
        let bugsink = Bugsink::start().unwrap();
        let dsn = bugsink.dsn().to_owned();
        let rule = FingerprintRule::new(["no stock"]).error_type("Away");
        let steeple = Steeple::builder("shop")
            .without_ops()
            .observer(|observer| {
                let observer = observer.fingerprint_rule(rule);
                observer.kept_headers(["authorization", "cookie"])
            })
            .sentry(move |sentry| {
                let sentry = sentry.dsn(&dsn).release("shop@1.2.3");
                sentry.environment("staging").events_per_second(100)
            })
            .build()
            .unwrap();
        for service in [axum_app(&steeple), actix_app(&steeple)] {
            for order in ORDERS {
                ask(&format!("{service}/{order}"));
                ask(&format!("{service}/{order}"));
            }
        }
        let runtime = Runtime::new().unwrap();
        let flushed = runtime.block_on(steeple.flush(DEADLINE));
        assert!(flushed.sentry.is_some_and(|sentry| sentry.is_complete()));
        panic_outside(&runtime);

        let issues = within(DEADLINE, || {
            let issues = bugsink.issues().unwrap();
            let counts = issues.iter().map(|issue| &issue["digested_event_count"]);
            let events: u64 = counts.filter_map(Value::as_u64).sum();
            (events >= 18).then_some(issues)
        });
        let log = bugsink.log();
        assert!(!log.contains("ValidationError"), "{log}");
        let (outside, of_requests): (Vec<_>, Vec<_>) = issues
            .unwrap()
            .into_iter()
            .partition(|issue| OUTSIDE.contains(&text(&issue["calculated_value"])));
        let mut all = Vec::new();
        for issue in &outside {
            assert_eq!(issue["calculated_type"], "panic");
            let events = bugsink.events(issue).unwrap();
            assert_eq!(events.len(), 1);
            events.iter().for_each(check_outside);
            all.extend(events);
        }
        for issue in &of_requests {
            let events = bugsink.events(issue).unwrap();
            assert_eq!(events.len(), 4, "{issue:#}");
            events.iter().for_each(check);
            all.extend(events);
        }
        assert_eq!((outside.len(), of_requests.len()), (2, 4));
        let findings = bugsink.normaliser_findings(&all).unwrap();
        assert!(findings.is_empty(), "{findings:#?}\n{all:#?}");
    });
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn it_takes_sessions_and_client_reports_and_wants_no_transactions() {
    let name = "bugsink::it_takes_sessions_and_client_reports_and_wants_no_transactions";
    isolated(name, || {
        let bugsink = Bugsink::start().unwrap();
        let dsn = bugsink.dsn().to_owned();
        let steeple = Steeple::builder("shop")
            .without_ops()
            .sentry(move |sentry| {
                let sentry = sentry.dsn(&dsn).release("shop@1.2.3");
                let sentry = sentry.sessions(true).traces_sample_rate(1.0);
                // It is told of those that are left out.
                let is_wanted = |event: &Event<'_>| event.tags["route"] != "/bare";
                sentry.before_send(move |event| is_wanted(&event).then_some(event))
            })
            .build()
            .unwrap();
        let services = [axum_app(&steeple), actix_app(&steeple)];
        let runtime = Runtime::new().unwrap();
        let (mut sessions, mut events) = (0, 0);
        for service in &services {
            for order in ["bare", "chain"] {
                ask(&format!("{service}/{order}"));
                let flushed = runtime.block_on(steeple.flush(DEADLINE)).sentry.unwrap();
                assert!(flushed.is_complete(), "{flushed:?}");
                sessions += 1;
                events += u64::from(order == "chain");
            }
        }
        // The first transaction is answered with that it wants none, for a day.
        let expected = sessions + events + 1;
        // It answers before it prints.
        let log = within(DEADLINE, || {
            let log = bugsink.log();
            (log.matches("/envelope/").count() as u64 >= expected).then_some(log)
        });
        let log = log.unwrap_or_else(|| bugsink.log());
        let posted: Vec<_> = log
            .lines()
            .filter(|line| line.contains("/envelope/"))
            .collect();
        assert_eq!(posted.len() as u64, expected, "{log}");
        assert!(posted.iter().all(|line| line.contains("\" 200 ")), "{log}");
        for word in ["Error", "ERROR", "Traceback", "invalid"] {
            assert!(!log.contains(word), "{log}");
        }
        // It reads them and keeps none, as it says.
        let read = |item: &str| log.matches(&format!("envelope item: {item}\n")).count();
        assert!(read("sessions") > 0, "{log}");
        assert!(read("client_report") > 0, "{log}");
        assert_eq!(bugsink.issues().unwrap().len(), 1);
        let findings = bugsink.normaliser_findings(&[transaction()]).unwrap();
        assert!(findings.is_empty(), "{findings:#?}");
    });
}

/// A transaction as it is sent.
fn transaction() -> Value {
    let stub = Stub::answering([]);
    let dsn = format!("http://key@{}/7", stub.address());
    let steeple = Steeple::builder("shop")
        .private()
        .without_ops()
        .sentry(move |sentry| sentry.dsn(&dsn).traces_sample_rate(1.0))
        .build()
        .unwrap();
    ask(&format!("{}/message", axum_app(&steeple)));
    let envelope = String::from_utf8(stub.wait_for(1).remove(0).body).unwrap();
    serde_json::from_str(envelope.lines().nth(2).unwrap()).unwrap()
}

/// What all events have, and what those of each sort.
fn check(event: &Value) {
    let told = event.to_string();
    for secret in ["hunter2", "ada@example.org"] {
        assert!(!told.contains(secret), "{event:#}");
    }
    assert_eq!(event["release"], "shop@1.2.3");
    assert_eq!(event["environment"], "staging");
    assert_eq!(event["contexts"]["trace"]["trace_id"], TRACE);
    assert_eq!(event["user"]["id"].as_str().map(str::len), Some(32));
    assert_eq!(event["breadcrumbs"]["values"][0]["message"], "opened");
    let route = text(&event["tags"]["route"]);
    let transaction = text(&event["transaction"]);
    assert_eq!(transaction.strip_prefix("GET ").unwrap_or_default(), route);
    let exceptions = event["exception"]["values"].as_array();
    let exceptions = exceptions.map_or(&[][..], Vec::as_slice);
    let values: Vec<_> = exceptions
        .iter()
        .map(|exception| text(&exception["value"]))
        .collect();
    match route {
        "/panic" => {
            assert_eq!(event["level"], "fatal");
            assert_eq!(values, ["the order is lost"]);
        }
        "/chain" => {
            assert_eq!(
                values,
                [
                    "connection to postgres://[redacted]@db refused",
                    "the database is away",
                    "no order 7"
                ]
            );
            assert_eq!(event["fingerprint"], serde_json::json!(["no stock"]));
        }
        "/bare" => assert_eq!(values, ["it was answered with 503"]),
        "/message" => assert_eq!(event["logentry"]["message"], "the stock is low"),
        other => panic!("{other}"),
    }
    if let "/panic" | "/chain" = route {
        check_stack(exceptions, "bugsink::handle");
    }
}

/// What those have that are of no request.
fn check_outside(event: &Value) {
    assert_eq!(event["level"], "fatal");
    assert_eq!(event["release"], "shop@1.2.3");
    assert!(event["tags"]["route"].is_null(), "{event:#}");
    let exceptions = event["exception"]["values"].as_array().unwrap();
    check_stack(exceptions, "bugsink::panic_outside");
}

/// The last of the application's own calls.
fn check_stack(exceptions: &[Value], function: &str) {
    let frames = exceptions.last().unwrap()["stacktrace"]["frames"]
        .as_array()
        .unwrap();
    let in_app = frames.iter().filter(|frame| frame["in_app"] == true);
    let functions: Vec<_> = in_app.map(|frame| text(&frame["function"])).collect();
    assert!(
        functions.last().is_some_and(|last| last.contains(function)),
        "{functions:#?}"
    );
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
