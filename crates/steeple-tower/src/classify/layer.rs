use tower_http::classify::MakeClassifier;
use tower_layer::{Layer, Stack};

use crate::{ObserveLayer, classify::Classify};

/// Lets a classifier of tower-http judge the answers, made by [`ObserveLayer::classify`].
#[derive(Clone, Debug)]
pub struct ClassifyLayer<M> {
    make: M,
}

impl<F> ObserveLayer<F> {
    /// Lets a classifier of tower-http decide which answers are failures of the service's, by their heads and trailers.
    /// Default: the status decides, or the gRPC status of a call.
    ///
    /// A failure counts as a `server_error`, whatever its status, and what its class says is the record's error message. An
    /// answer that is none counts as `client_error` if it is one by its status, as `success` otherwise. Panics, time-outs,
    /// broken bodies and cancellations are what they are. What a handler says of its answer with
    /// [`current::failed`](steeple_core::current::failed) or [`current::succeeded`](steeple_core::current::succeeded) has
    /// precedence.
    ///
    /// ```
    /// use steeple_core::Observer;
    /// use steeple_tower::ObserveLayer;
    /// use tower_http::classify::StatusInRangeAsFailures;
    ///
    /// let observer = Observer::builder().build()?;
    /// let layer = ObserveLayer::new(&observer)
    ///     .classify(StatusInRangeAsFailures::new(400..=599).into_make_classifier());
    /// # let _ = layer;
    /// # Ok::<(), steeple_core::ObserverError>(())
    /// ```
    #[must_use]
    pub fn classify<M: MakeClassifier>(self, make: M) -> Stack<ClassifyLayer<M>, Self> {
        Stack::new(ClassifyLayer { make }, self)
    }
}

impl<S, M: Clone> Layer<S> for ClassifyLayer<M> {
    type Service = Classify<S, M>;

    fn layer(&self, inner: S) -> Self::Service {
        Classify::new(inner, self.make.clone())
    }
}
