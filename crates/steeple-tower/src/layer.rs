use http_body::Body;
use steeple_core::Observer;
use tower_layer::Layer;

use crate::{counted_body::CountedBody, counting::Counting, framework::Plain, service::Observe};

/// Observes every request of the service it is put around.
///
/// Applying it is free of side effects. Applied twice to one service it observes once and warns. What a handler itself asks of
/// another observed service, called in its own task, is part of its request and has no record.
///
/// A panic of a body that nobody waits for, such as that of the answer to a HEAD, is kept from the server too; since the
/// record is made by then, it is only logged, as an error with the target `steeple::panic`.
#[derive(Clone, Debug)]
pub struct ObserveLayer<F = Plain> {
    observer: Observer,
    framework: F,
}

impl ObserveLayer {
    /// Makes a layer for a service of plain tower.
    #[must_use]
    pub fn new(observer: &Observer) -> Self {
        Self::for_framework(observer, Plain)
    }

    /// Counts the bodies of requests as they are read, and tells of those that break off. `wrap` makes of a counted body one of
    /// the service's own type. Default: they are left as they are, so that their size is known from the head or not at all.
    #[must_use]
    pub fn count_bodies<B: Body + Default>(
        self,
        wrap: fn(CountedBody<B>) -> B,
    ) -> ObserveLayer<Counting<B>> {
        ObserveLayer {
            observer: self.observer,
            framework: Counting::new(wrap),
        }
    }
}

impl<F> ObserveLayer<F> {
    /// Makes a layer for a service of `framework`.
    #[must_use]
    pub fn for_framework(observer: &Observer, framework: F) -> Self {
        Self {
            observer: observer.clone(),
            framework,
        }
    }
}

impl<S, F: Clone> Layer<S> for ObserveLayer<F> {
    type Service = Observe<S, F>;

    fn layer(&self, inner: S) -> Self::Service {
        Observe::new(inner, self.observer.clone(), self.framework.clone())
    }
}
