//! What is logged before an error, for the report of that.

use std::fmt::{self, Debug, Display, Formatter};

use steeple_core::current;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
};
use tracing_subscriber::{
    filter::Filtered,
    layer::{Context, Layer},
};

/// Leaves a [breadcrumb](current::breadcrumb) for each event of [`tracing`] that happens in a request or job, from
/// [`Steeple::breadcrumb_layer`](crate::Steeple::breadcrumb_layer).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct BreadcrumbLayer;

impl BreadcrumbLayer {
    pub(crate) fn up_to<S: Subscriber>(level: LevelFilter) -> Filtered<Self, LevelFilter, S> {
        Self.with_filter(level)
    }
}

impl<S: Subscriber> Layer<S> for BreadcrumbLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        current::breadcrumb(*metadata.level(), metadata.target(), Said(event));
    }
}

/// The message of an event, and its fields.
struct Said<'a>(&'a Event<'a>);

impl Display for Said<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut fields = Fields {
            written: Ok(()),
            is_first: true,
            f,
        };
        self.0.record(&mut fields);
        fields.written
    }
}

/// Writes fields behind one another until there is no room.
struct Fields<'a, 'f> {
    written: fmt::Result,
    is_first: bool,
    f: &'a mut Formatter<'f>,
}

impl Visit for Fields<'_, '_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if self.written.is_err() {
            return;
        }
        let space = if self.is_first { "" } else { " " };
        self.is_first = false;
        self.written = match field.name() {
            "message" => write!(self.f, "{space}{value:?}"),
            name => write!(self.f, "{space}{name}={value:?}"),
        };
    }
}
