use std::fmt;

use http::Request;
use http_body::Body;
use steeple_core::{Observation, Template};

use crate::{counted_body::CountedBody, framework::Framework};

/// Plain tower with bodies of requests counted as they are read, made by
/// [`ObserveLayer::count_bodies`](crate::ObserveLayer::count_bodies).
pub struct Counting<B>(fn(CountedBody<B>) -> B);

impl<B> Counting<B> {
    pub(crate) fn new(wrap: fn(CountedBody<B>) -> B) -> Self {
        Self(wrap)
    }
}

impl<B: Body + Default> Framework<B> for Counting<B> {
    fn route<'r>(&self, _: &'r Request<B>) -> Option<Template<'r>> {
        None
    }

    fn count(&self, request: &mut Request<B>, observation: &mut Observation) {
        CountedBody::put_around(request, observation, self.0);
    }
}

impl<B> Clone for Counting<B> {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

impl<B> fmt::Debug for Counting<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counting").finish_non_exhaustive()
    }
}
