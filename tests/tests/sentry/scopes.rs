use std::{collections::BTreeMap, thread, time::Duration};

use steeple::{
    Steeple,
    sentry::sentry_core::{self, Level},
};

use crate::service::{Events, Handle, ask, on_actix, on_axum};

const CLIENTS: u32 = 8;
const ORDERS: u32 = 80;

/// Says something of its order, and captures it later: on another thread, most often, and while others say something else.
#[derive(Clone)]
struct Says;

impl Handle for Says {
    async fn handle(&self, order: u32) -> u16 {
        sentry_core::configure_scope(|scope| scope.set_tag(&format!("order{order}"), order));
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_millis(2)).await;
            tokio::task::yield_now().await;
        }
        sentry_core::capture_message(&format!("order {order}"), Level::Warning);
        if order.is_multiple_of(2) { 500 } else { 200 }
    }
}

fn each_request_has_a_scope_of_its_own(serve: fn(&Steeple, Says) -> String) {
    let events = Events::default();
    let kept = events.clone();
    let steeple = Steeple::builder("shop")
        .private()
        .without_ops()
        .sentry(move |sentry| {
            kept.keep(sentry)
                .isolate_scopes(true)
                .events_per_second(10_000)
        })
        .build()
        .unwrap();
    let service = serve(&steeple, Says);
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let service = &service;
            scope.spawn(move || {
                let own = (0..ORDERS).filter(|order| order % CLIENTS == client);
                own.for_each(|order| ask(service, order, &[]));
            });
        }
    });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _ = runtime.block_on(steeple.flush(Duration::from_secs(30)));

    let mut told = BTreeMap::<String, Vec<bool>>::new();
    for event in events.taken() {
        let tags = event.tags.keys();
        let own: Vec<_> = tags.filter(|name| name.starts_with("order")).collect();
        let [own] = &*own else {
            panic!("{event:#?}");
        };
        if let Some(message) = &event.message {
            assert_eq!(message.replace(' ', ""), **own);
        }
        let is_captured = event.message.is_some();
        told.entry((*own).clone()).or_default().push(is_captured);
    }
    assert_eq!(told.len(), ORDERS as usize);
    for order in 0..ORDERS {
        let told = &told[&format!("order{order}")];
        // What fails is told of besides.
        let expected: &[_] = if order % 2 == 0 {
            &[true, false]
        } else {
            &[true]
        };
        assert_eq!(told, expected, "order {order}");
    }
}

#[test]
fn each_request_to_axum_has_a_scope_of_its_own() {
    each_request_has_a_scope_of_its_own(on_axum);
}

#[test]
fn each_request_to_actix_has_a_scope_of_its_own() {
    each_request_has_a_scope_of_its_own(on_actix);
}
