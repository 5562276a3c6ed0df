use std::time::Duration;

use steeple_metrics::Registry;
use tokio::runtime::Handle;

#[cfg(feature = "jemalloc")]
use crate::jemalloc::Jemalloc;
use crate::{
    AllocatorFigures, StartError, allocator::Allocator, resources::Resources, source::Source,
};

/// Configures [`Resources`].
#[must_use = "nothing is read before `start`"]
pub struct ResourcesBuilder {
    pub(crate) interval: Duration,
    pub(crate) log_interval: Option<Duration>,
    pub(crate) host: bool,
    pub(crate) runtime: Option<Handle>,
    pub(crate) sources: Vec<Box<dyn Source>>,
}

impl Default for ResourcesBuilder {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(5),
            log_interval: None,
            host: true,
            runtime: None,
            sources: Vec::new(),
        }
    }
}

impl ResourcesBuilder {
    /// How often figures are read; whoever looks at them gets such as are at most a second old, if they can be had within 100 ms. Default:
    /// 5 s; at least 0.1 s.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Logs a line each `interval`, such as 60 s, at the level `INFO` and with the target `steeple::resources`, that tells the percentages of
    /// CPU and memory in use and how full the fullest disk is. Default: none.
    pub fn log_every(mut self, interval: Duration) -> Self {
        self.log_interval = Some(interval);
        self
    }

    /// Whether figures of the machine are read, and not only those of the process and its container. Default: they are.
    pub fn host(mut self, host: bool) -> Self {
        self.host = host;
        self
    }

    /// The runtime that is told of. Default: the one that [`start`](Self::start) is called in, if there is one.
    pub fn runtime(mut self, runtime: Handle) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// Asks the allocator for its figures at each reading; `None` leaves them out. Default: the allocator is not told of, since the
    /// standard one tells nothing.
    ///
    /// ```
    /// use steeple_resources::{AllocatorFigures, Resources};
    ///
    /// let builder = Resources::builder().allocator(|| {
    ///     Some(AllocatorFigures { allocated: 1 << 20, resident: 2 << 20 })
    /// });
    /// # let _ = builder;
    /// ```
    pub fn allocator(
        mut self,
        figures: impl FnMut() -> Option<AllocatorFigures> + Send + 'static,
    ) -> Self {
        self.sources.push(Box::new(Allocator(Box::new(figures))));
        self
    }

    /// Tells what jemalloc holds, where that is the global allocator of the application, by `tikv-jemallocator` 0.7. Where it is not,
    /// what is told is of one that nobody uses. Default: it is not told of.
    #[cfg(feature = "jemalloc")]
    pub fn jemalloc(mut self) -> Self {
        self.sources.push(Box::new(Jemalloc));
        self
    }

    /// Reads the figures on a thread of its own until what this returns is dropped, and waits for the first reading, for 5 s at most.
    ///
    /// # Errors
    ///
    /// [`StartError`] if an interval is too short, or if the thread cannot be started.
    pub fn start(self, registry: &Registry) -> Result<Resources, StartError> {
        Resources::start(self, registry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_logged_unless_it_is_asked_for() {
        assert_eq!(ResourcesBuilder::default().log_interval, None);
    }
}
