use steeple_otlp::{TracingLayer, TracingSubscriber};
use tracing::{dispatcher, subscriber::NoSubscriber};

use super::{Code, Diagnosis, Severity};

const FIX: &str = "add `steeple.tracing_layer()` to the application's subscriber, or install `steeple.tracing_subscriber()`";

/// Looks for steeple's layer in the subscriber that counts here.
pub(super) fn examine() -> Option<Diagnosis> {
    let (severity, what) = dispatcher::get_default(|subscriber| {
        if subscriber.is::<NoSubscriber>() {
            let what = "no subscriber of `tracing` is installed: requests are spans, but nothing in them is";
            return Some((Severity::Note, what));
        }
        let has_layer = subscriber.is::<TracingLayer>() || subscriber.is::<TracingSubscriber>();
        let what = "the subscriber of `tracing` lacks steeple's layer: requests are spans, but nothing in them is";
        (!has_layer).then_some((Severity::Warning, what))
    })?;
    Some(Diagnosis::new(Code::NoTracingLayer, severity, what, FIX))
}
