use sentry_core::{
    ClientOptions, Envelope, Integration,
    protocol::{EnvelopeItem, Event},
};
use steeple_core::current;

use crate::event::{Place, ROUTE};

/// Tells of what the application captures itself which request or job it happened in, when it is captured: no request pays for
/// what it does not use.
#[derive(Debug)]
pub(crate) struct CurrentPlace;

impl Integration for CurrentPlace {
    fn name(&self) -> &'static str {
        "steeple"
    }

    fn process_event(
        &self,
        mut event: Event<'static>,
        _options: &ClientOptions,
    ) -> Option<Event<'static>> {
        if let Some(facts) = current::facts() {
            Place::of_facts(&facts).describe(&mut event);
        }
        Some(event)
    }
}

/// The same envelope, with the route of the current request if its event was captured before that was known.
pub(crate) fn routed(envelope: Envelope) -> Envelope {
    let has_route = |event: &Event<'_>| event.tags.contains_key(ROUTE);
    let lacks_route = envelope.event().is_some_and(|event| !has_route(event));
    let Some(facts) = lacks_route.then(current::facts).flatten() else {
        return envelope;
    };
    let mut routed = Envelope::new().with_headers(envelope.headers().clone());
    for mut item in envelope.into_items() {
        if let EnvelopeItem::Event(event) = &mut item {
            Place::of_facts(&facts).describe_route(event);
        }
        routed.add_item(item);
    }
    routed
}
