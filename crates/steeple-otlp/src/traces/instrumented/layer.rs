use std::fmt;

use tracing::{
    Event, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::layer::{Context, Layer};

use super::spans::Spans;

/// Makes spans of those of [`tracing`], below the request or job that they are opened in, and events of its events.
///
/// Spans outside of any request or job begin traces of their own, for which the sampler of the traces decides.
pub struct TracingLayer(Spans);

impl TracingLayer {
    pub(crate) fn new(spans: Spans) -> Self {
        Self(spans)
    }
}

impl<S: Subscriber> Layer<S> for TracingLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        let Self(spans) = self;
        spans.open(id.into_u64(), spans.place(attributes), attributes);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        self.0.record(id.into_u64(), values);
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.0.event(event);
    }

    fn on_enter(&self, id: &Id, _: Context<'_, S>) {
        self.0.enter(id.into_u64());
    }

    fn on_exit(&self, id: &Id, _: Context<'_, S>) {
        self.0.exit(id.into_u64());
    }

    fn on_close(&self, id: Id, _: Context<'_, S>) {
        self.0.release(id.into_u64());
    }
}

impl fmt::Debug for TracingLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracingLayer").finish_non_exhaustive()
    }
}
