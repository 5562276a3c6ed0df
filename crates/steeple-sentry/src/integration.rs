use sentry_core::{ClientOptions, Integration, protocol::Event};
use steeple_core::current;

use crate::event::Place;

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
