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
