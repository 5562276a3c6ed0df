use std::sync::{Arc, PoisonError};

use tracing_core::{LevelFilter, Metadata, Subscriber, subscriber::Interest};
use tracing_subscriber::layer::{Context, Filter};

use super::handle::Shared;

/// Lets through what [`Levels`](super::Levels) say at the time; the filter of a layer.
///
/// Call sites are asked once and again after each change, so that it costs an event nothing.
#[derive(Clone)]
pub struct LevelsFilter(pub(super) Arc<Shared>);

impl LevelsFilter {
    fn lets_through(&self, metadata: &Metadata<'_>) -> bool {
        let targets = self.0.targets.read();
        let targets = targets.unwrap_or_else(PoisonError::into_inner);
        targets.would_enable(metadata.target(), metadata.level())
    }
}

impl<S: Subscriber> Filter<S> for LevelsFilter {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.lets_through(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.lets_through(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let targets = self.0.targets.read();
        let targets = targets.unwrap_or_else(PoisonError::into_inner);
        let levels = targets.iter().map(|(_, level)| level);
        levels.chain(targets.default_level()).max()
    }
}

impl std::fmt::Debug for LevelsFilter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LevelsFilter").finish_non_exhaustive()
    }
}
