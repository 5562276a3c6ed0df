//! Middleware and a client of Sentry's own beside steeple: each failure is told once.

use std::{sync::mpsc, thread, time::Duration};

use actix_web::{App, HttpResponse, HttpServer, error::ErrorInternalServerError, rt::System, web};
use axum::{Router, extract::Path, http::StatusCode, routing::get};
use sentry::{Level, protocol::Event};
use sentry_tower::{NewSentryLayer, SentryHttpLayer};
use steeple::{Steeple, sentry::RetryPolicy};
use steeple_tests::{
    backends::get as ask, process::isolated, serving::serve, waiting::within, warnings::Warnings,
};

const DEADLINE: Duration = Duration::from_secs(60);
const ROUTE: &str = "/orders/{order}";
const NAME: &str = "GET /orders/{order}";
/// A DSN that nobody listens at.
const NOBODY: &str = "http://key@127.0.0.1:1/7";

/// What Sentry would be told of each order: what happened, in which route, and the tag of the handler.
type Told = (String, Option<String>, Option<String>);

fn told(event: &Event<'_>) -> Told {
    let exceptions = event.exception.last();
    let what = exceptions.and_then(|exception| exception.value.clone());
    let tenant = event.tags.get("tenant").cloned();
    let what = what.or_else(|| event.message.clone());
    (what.unwrap_or_default(), event.transaction.clone(), tenant)
}

/// That it was told with both.
fn whole(what: &str) -> Told {
    let tenant = Some("acme".to_owned());
    (what.to_owned(), Some(NAME.to_owned()), tenant)
}

/// What handlers do as those who are used to sentry-tower and sentry-actix.
fn handle(order: &str) {
    sentry::configure_scope(|scope| scope.set_tag("tenant", "acme"));
    match order {
        "captured" => drop(sentry::capture_message("the stock is low", Level::Warning)),
        "panics" => panic!("the order is lost"),
        _ => {}
    }
}

const ORDERS: [&str; 3] = ["captured", "fails", "panics"];

/// What Sentry would be told of all orders, which is so much or more, by a service that `start` serves.
fn told_of_orders(
    least: usize,
    isolate: bool,
    start: impl FnOnce(&Steeple) -> String,
) -> Vec<Told> {
    let (sender, events) = mpsc::channel();
    let steeple = Steeple::builder("shop")
        .without_ops()
        .sentry(move |sentry| {
            sentry
                .dsn(NOBODY)
                .retry(RetryPolicy::default().max_elapsed(Duration::ZERO))
                .isolate_scopes(isolate)
                .before_send(move |event| {
                    let _ = sender.send(told(&event));
                    None
                })
        })
        .build()
        .expect("a service");
    let service = start(&steeple);
    for order in ORDERS {
        // Two of them fail.
        let _ = ask(&format!("{service}/orders/{order}"));
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut told = Vec::new();
    // An answer may be there before its request is over.
    let _ = within(DEADLINE, || {
        let _ = runtime.block_on(steeple.flush(DEADLINE));
        told.extend(events.try_iter());
        (told.len() >= least).then_some(())
    });
    told.sort();
    told
}

fn axum_app() -> Router {
    let answer = async |Path(order): Path<String>| {
        handle(&order);
        match &*order {
            "fails" => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::OK,
        }
    };
    Router::new().route(ROUTE, get(answer))
}

#[test]
fn around_steeple_the_layers_of_sentry_tower_change_nothing() {
    let name = "sentry_beside::around_steeple_the_layers_of_sentry_tower_change_nothing";
    isolated(name, || {
        let told = told_of_orders(3, true, |steeple| {
            let app = axum_app()
                .layer(steeple.axum())
                .layer(SentryHttpLayer::new())
                .layer(NewSentryLayer::new_from_top());
            format!("http://{}", serve(app, 1))
        });
        let all = [
            "it was answered with 503",
            "the order is lost",
            "the stock is low",
        ];
        assert_eq!(told, all.map(whole));
    });
}

#[test]
fn within_steeple_they_keep_their_scopes_for_what_is_captured() {
    let name = "sentry_beside::within_steeple_they_keep_their_scopes_for_what_is_captured";
    isolated(name, || {
        let told = told_of_orders(3, false, |steeple| {
            let app = axum_app()
                .layer(SentryHttpLayer::new())
                .layer(NewSentryLayer::new_from_top())
                .layer(steeple.axum());
            format!("http://{}", serve(app, 1))
        });
        let [failed, panicked, captured] = &*told else {
            panic!("{told:#?}");
        };
        assert_eq!(captured, &whole("the stock is low"));
        for (told, what) in [
            (failed, "it was answered with 503"),
            (panicked, "the order is lost"),
        ] {
            assert_eq!((&*told.0, told.1.as_deref()), (what, Some(NAME)));
        }
    });
}

#[test]
fn sentry_actix_leaves_errors_to_steeple_where_it_is_told_to() {
    let name = "sentry_beside::sentry_actix_leaves_errors_to_steeple_where_it_is_told_to";
    isolated(name, || {
        let told = told_of_orders(3, true, |steeple| {
            let observe = steeple.actix();
            let (bound, address) = mpsc::channel();
            thread::spawn(move || {
                System::new().block_on(async move {
                    let server = HttpServer::new(move || {
                        let answer = async |order: web::Path<String>| {
                            handle(&order);
                            match &**order {
                                "fails" => Err(ErrorInternalServerError("no stock")),
                                _ => Ok(HttpResponse::Ok()),
                            }
                        };
                        let sentry = sentry_actix::Sentry::builder().capture_server_errors(false);
                        App::new()
                            .wrap(observe.clone())
                            .wrap(sentry.finish())
                            .route(ROUTE, web::get().to(answer))
                    });
                    let server = server.workers(1).bind("127.0.0.1:0").expect("a free port");
                    bound.send(server.addrs()[0]).expect("it is awaited");
                    server.run().await.expect("it serves until the end");
                });
            });
            format!("http://{}", address.recv().expect("it starts"))
        });
        let mut all = ["no stock", "the order is lost", "the stock is low"].map(whole);
        // That of what is captured is filled in where it leaves, once it is known.
        all[2].1 = None;
        assert_eq!(told, all);
    });
}

#[test]
fn a_client_of_the_applications_own_keeps_what_it_captures_and_is_warned_of() {
    let name =
        "sentry_beside::a_client_of_the_applications_own_keeps_what_it_captures_and_is_warned_of";
    isolated(name, || {
        let warnings = Warnings::collect();
        let (sender, own) = mpsc::channel();
        let options = sentry::ClientOptions::new().dsn(NOBODY);
        let _own = sentry::init(options.before_send(move |event| {
            let _ = sender.send(told(&event));
            None
        }));
        let told = told_of_orders(2, false, |steeple| {
            format!("http://{}", serve(axum_app().layer(steeple.axum()), 1))
        });
        let what = |told: &Told| told.0.clone();
        let failures: Vec<_> = told.iter().map(what).collect();
        assert_eq!(failures, ["it was answered with 503", "the order is lost"]);
        let mut captured: Vec<_> = own.try_iter().map(|told| what(&told)).collect();
        captured.sort();
        assert_eq!(captured, ["the order is lost", "the stock is low"]);
        assert_eq!(warnings.with("leave out `sentry::init`").len(), 1);
    });
}
