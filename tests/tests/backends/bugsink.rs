//! Errors sent to a real server.

use std::{
    collections::BTreeMap,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    sync::mpsc,
    thread,
    time::Duration,
};

use actix_web::{App, HttpResponse, HttpServer};
use axum::{Router, http::StatusCode, routing::get};
use flate2::read::GzDecoder;
use serde_json::Value;
use steeple::{
    Steeple,
    core::errors::Backtrace,
    current,
    sentry::sentry_core::{self, Level, protocol::Event},
};
use steeple_tests::{backends::Bugsink, process::isolated};

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
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, app).await.unwrap();
        });
    });
    format!("http://{address}")
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

fn ask(url: &str) {
    let asked = ureq::get(url)
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
        let steeple = Steeple::builder("shop")
            .without_ops()
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
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let flushed = runtime.block_on(steeple.flush(DEADLINE));
        assert_eq!(flushed.sentry.map(|sentry| sentry.exported), Some(16));

        let issues = bugsink.issues().unwrap();
        let log = bugsink.log();
        assert!(!log.contains("ValidationError"), "{log}");
        let counts: BTreeMap<_, _> = issues
            .iter()
            .map(|issue| {
                (
                    text(&issue["calculated_type"]),
                    &issue["digested_event_count"],
                )
            })
            .collect();
        assert_eq!(counts.len(), 4, "{issues:#?}");
        assert!(counts.values().all(|count| **count == 4), "{issues:#?}");
        for issue in &issues {
            let events = bugsink.events(issue).unwrap();
            assert_eq!(events.len(), 4);
            events.iter().for_each(check);
            let findings = bugsink.normaliser_findings(&events[0]).unwrap();
            assert!(findings.is_empty(), "{findings:#?}\n{:#}", events[0]);
        }
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
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (mut sessions, mut events) = (0, 0);
        for service in &services {
            for order in ["bare", "chain"] {
                ask(&format!("{service}/{order}"));
                let flushed = runtime.block_on(steeple.flush(DEADLINE)).sentry.unwrap();
                assert!(flushed.is_complete(), "{flushed:?}");
                sessions += 1;
                events += u64::from(order == "chain");
                // The first transaction is answered with that it wants none, for a day.
                let transactions = u64::from(sessions == 1);
                let expected = 1 + transactions + u64::from(order == "chain");
                assert_eq!(flushed.exported, expected, "{order}");
            }
        }
        let log = bugsink.log();
        let posted: Vec<_> = log
            .lines()
            .filter(|line| line.contains("/envelope/"))
            .collect();
        assert_eq!(posted.len() as u64, sessions + events + 1, "{log}");
        assert!(posted.iter().all(|line| line.contains("\" 200 ")), "{log}");
        for word in ["Error", "ERROR", "Traceback", "invalid"] {
            assert!(!log.contains(word), "{log}");
        }
        assert_eq!(bugsink.issues().unwrap().len(), 1);
        let findings = bugsink.normaliser_findings(&transaction()).unwrap();
        assert!(findings.is_empty(), "{findings:#?}");
    });
}

/// A transaction as it is sent.
fn transaction() -> Value {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let dsn = format!("http://key@{}/7", listener.local_addr().unwrap());
    let steeple = Steeple::builder("shop")
        .private()
        .without_ops()
        .sentry(move |sentry| sentry.dsn(&dsn).traces_sample_rate(1.0))
        .build()
        .unwrap();
    ask(&format!("{}/message", axum_app(&steeple)));
    let (mut stream, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let head: Vec<_> = reader
        .by_ref()
        .lines()
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .collect();
    let length = head
        .iter()
        .find_map(|field| field.strip_prefix("content-length: ")?.parse().ok());
    let body = reader.take(length.unwrap());
    let envelope = io::read_to_string(GzDecoder::new(body)).unwrap();
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
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
        "/chain" => assert_eq!(
            values,
            [
                "connection to postgres://[Filtered]@db refused",
                "the database is away",
                "no order 7"
            ]
        ),
        "/bare" => assert_eq!(values, ["it was answered with 503"]),
        "/message" => assert_eq!(event["logentry"]["message"], "the stock is low"),
        other => panic!("{other}"),
    }
    if let "/panic" | "/chain" = route {
        let frames = exceptions.last().unwrap()["stacktrace"]["frames"]
            .as_array()
            .unwrap();
        let in_app = frames.iter().filter(|frame| frame["in_app"] == true);
        let functions: Vec<_> = in_app.map(|frame| text(&frame["function"])).collect();
        assert!(
            functions
                .last()
                .is_some_and(|function| function.ends_with("bugsink::handle")),
            "{functions:#?}"
        );
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
