//! Spans that several logs tell of.

use serde_json::{Value, json};
use steeple_core::redaction::Redaction;
use steeple_logs::{Format, Logs};
use tracing::{field::Empty, info, info_span, subscriber::with_default};
use tracing_subscriber::{layer::SubscriberExt, registry};

use crate::captured::{Captured, finish};

#[test]
fn fields_of_spans_are_told_by_each_of_two_logs_without_what_is_its_secret() {
    let captured = [Captured::default(), Captured::default()];
    let redactions = [Redaction::new(), Redaction::new().name("pet")];
    let [open, strict] = [0, 1].map(|number| {
        Logs::builder("shop")
            .redaction(redactions[number].clone())
            .to(captured[number].clone(), Format::Ecs)
            .start()
            .unwrap()
    });
    let layers = registry().with(strict.layer()).with(open.layer());
    with_default(layers, || {
        let span = info_span!("home", pet = "rex", town = Empty);
        span.record("town", "rome");
        span.in_scope(|| info!("inside"));
    });
    finish(open);
    finish(strict);
    let labels = captured.map(|captured| {
        let line: Value = serde_json::from_str(&captured.text()).unwrap();
        line["labels"].clone()
    });
    assert_eq!(
        labels,
        [
            json!({"pet": "rex", "town": "rome"}),
            json!({"pet": "[redacted]", "town": "rome"}),
        ]
    );
}

#[test]
fn what_is_recorded_later_is_told_by_events_in_the_spans_within() {
    let captured = Captured::default();
    let logs = Logs::builder("shop")
        .to(captured.clone(), Format::Ecs)
        .start()
        .unwrap();
    with_default(registry().with(logs.layer()), || {
        let outer = info_span!("outer", user = Empty, tenant = "rome");
        let inner = info_span!(parent: &outer, "inner", user = Empty, cart = 7).entered();
        let _plain = info_span!("plain").entered();
        info!("nothing");
        outer.record("user", "ada");
        info!("of the outer");
        inner.record("user", "eve");
        info!("of the inner");
        outer.record("tenant", "oslo");
        outer.record("user", "bob");
        info!("of the outer again");
        info!(user = "joe", cart = true, "its own");
    });
    finish(logs);
    let told: Vec<_> = captured
        .text()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["labels"].clone())
        .collect();
    assert_eq!(
        told,
        [
            json!({"cart": "7", "tenant": "rome"}),
            json!({"cart": "7", "tenant": "rome", "user": "ada"}),
            json!({"cart": "7", "tenant": "rome", "user": "eve"}),
            json!({"cart": "7", "tenant": "oslo", "user": "eve"}),
            json!({"cart": "true", "tenant": "oslo", "user": "joe"}),
        ]
    );
}
