//! One event of the application, inside three nested spans of two fields each, to a file that keeps nothing.

use std::{hint::black_box, sync::Arc};

use steeple_logs::{Format, Logs};
use tracing::{Dispatch, dispatcher::with_default, info, info_span};
use tracing_subscriber::{layer::SubscriberExt, registry};

use crate::{
    logged::{Nowhere, nowhere},
    race::{Contender, race},
};

const ROUNDS: usize = 41;
const EVENTS: usize = 1_000;

/// What one event costs, by name, in nanoseconds.
#[must_use]
pub fn event_costs() -> Vec<(&'static str, f64)> {
    let json = tracing_subscriber::fmt()
        .json()
        .with_writer(Arc::new(nowhere()))
        .finish();
    let contenders = vec![
        steeple("steeple", Format::Ecs),
        steeple("steeple, JSON", Format::Json),
        contender("tracing-subscriber, JSON", Dispatch::new(json), ()),
    ];
    race(ROUNDS, contenders, || {})
}

fn steeple(name: &'static str, format: Format) -> Contender {
    let logs = match Logs::builder("benches").to(Nowhere, format).start() {
        Ok(logs) => logs,
        Err(error) => panic!("the file is there: {error}"),
    };
    let dispatch = Dispatch::new(registry().with(logs.layer()));
    contender(name, dispatch, logs)
}

/// One that logs as long as `held` is there.
fn contender(name: &'static str, dispatch: Dispatch, held: impl Sized + 'static) -> Contender {
    Contender {
        name,
        units: EVENTS,
        run: Box::new(move || {
            let _held = &held;
            with_default(&dispatch, log);
        }),
    }
}

fn log() {
    let _request = info_span!(
        "request",
        http.request.method = "GET",
        route = "/carts/{id}"
    )
    .entered();
    let _checkout = info_span!("checkout", user.id = "ada-7301", cart = 912).entered();
    let _payment = info_span!("payment", provider = "bank", attempt = 1).entered();
    for items in 0..EVENTS {
        info!(
            items = black_box(items),
            coupon = black_box("SUMMER"),
            "the cart is checked out"
        );
    }
}
