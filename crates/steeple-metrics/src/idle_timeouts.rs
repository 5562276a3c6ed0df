use std::time::Duration;

use crate::Kind;

/// After which time without a change a series is hidden, by kind.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct IdleTimeouts {
    counter: Option<Duration>,
    gauge: Option<Duration>,
    histogram: Option<Duration>,
}

impl IdleTimeouts {
    pub(crate) fn for_all(timeout: Option<Duration>) -> Self {
        Self {
            counter: timeout,
            gauge: timeout,
            histogram: timeout,
        }
    }

    pub(crate) fn set(&mut self, kind: Kind, timeout: Option<Duration>) {
        match kind {
            Kind::Counter => self.counter = timeout,
            Kind::Gauge => self.gauge = timeout,
            Kind::Histogram => self.histogram = timeout,
        }
    }

    /// `None` if series of this kind are never hidden.
    pub(crate) fn of(&self, kind: Kind) -> Option<Duration> {
        match kind {
            Kind::Counter => self.counter,
            Kind::Gauge => self.gauge,
            Kind::Histogram => self.histogram,
        }
    }

    /// The shortest of all, if there is any.
    pub(crate) fn shortest(&self) -> Option<Duration> {
        let all = [self.counter, self.gauge, self.histogram];
        all.into_iter().flatten().min()
    }
}
