use steeple_core::current;
use tracing::{Metadata, Subscriber, level_filters::LevelFilter, subscriber::Interest};
use tracing_subscriber::layer::{Context, Filter};

/// Lets through what belongs to recorded traces alone, up to a level of its own.
///
/// It is the filter of one layer and leaves the others alone: a subscriber whose layers have filters opens every span, whatever
/// they say.
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
    pub(super) fn level(self) -> LevelFilter {
        self.level
    }

    /// Outside of any trace a span begins one, and whether that is recorded is seen then.
    #[inline]
    pub(super) fn include(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.level
            && current::is_sampled().unwrap_or_else(|| metadata.is_span())
    }

    pub(super) fn interest(&self, metadata: &Metadata<'_>) -> Interest {
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
