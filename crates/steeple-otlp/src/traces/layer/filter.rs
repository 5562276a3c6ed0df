use steeple_core::current;
use tracing::{Metadata, Subscriber, level_filters::LevelFilter, subscriber::Interest};
use tracing_subscriber::layer::{Context, Filter, Layer};

/// Lets through what belongs to recorded traces alone, up to a level of its own.
///
/// As the filter of one layer it leaves the others alone. As a layer it filters for the whole subscriber: then what is not
/// recorded costs next to nothing, since a subscriber whose layers have filters opens every span, whatever they say.
#[derive(Clone, Copy, Debug)]
pub struct RecordedTraces {
    level: LevelFilter,
}

impl RecordedTraces {
    pub(crate) fn up_to(level: LevelFilter) -> Self {
        Self { level }
    }
}

impl RecordedTraces {
    /// Outside of any trace a span begins one, and whether that is recorded is seen then.
    #[inline]
    fn include(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.level
            && current::is_sampled().unwrap_or_else(|| metadata.is_span())
    }

    fn interest(&self, metadata: &Metadata<'_>) -> Interest {
        if *metadata.level() <= self.level {
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }
}

impl<S: Subscriber> Filter<S> for RecordedTraces {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.include(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.interest(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }
}

impl<S: Subscriber> Layer<S> for RecordedTraces {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.include(metadata)
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.interest(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }
}
