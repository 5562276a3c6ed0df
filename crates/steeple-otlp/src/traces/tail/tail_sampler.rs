//! The decision.

use std::time::Duration;

use steeple_core::Outcome;

use super::{OpenTraces, TailSampling, local_roots::LocalRoots, routes::Routes};

/// Decides on traces when their first span in this process ends.
#[derive(Debug)]
pub(crate) struct TailSampler {
    sampling: TailSampling,
    /// How long requests take, if that matters.
    routes: Option<Routes>,
    pub(crate) traces: OpenTraces,
    pub(crate) roots: LocalRoots,
}

/// How a request, a job, or what else began a trace ended.
#[derive(Debug)]
pub(crate) struct End<'a> {
    pub(crate) outcome: Outcome,
    /// The kind of a job; empty for a request.
    pub(crate) kind: &'static str,
    /// The route or the name of the job, if it is either.
    pub(crate) route: Option<&'a str>,
    pub(crate) duration: Duration,
}

impl TailSampler {
    pub(crate) fn new(sampling: TailSampling) -> Self {
        Self {
            routes: sampling.slower_than_p99.then(Routes::new),
            traces: OpenTraces::within(sampling.held.clone()),
            roots: LocalRoots::default(),
            sampling,
        }
    }

    /// Whether it is kept.
    pub(crate) fn keeps(&self, end: &End<'_>) -> bool {
        // All durations count, also of those that are kept for something else.
        let is_slow = self.is_slow(end);
        let sampling = &self.sampling;
        is_slow
            || sampling.always_keeps(end.outcome)
            || fastrand::f64() < sampling.ratio_of(end.route.unwrap_or_default())
    }

    fn is_slow(&self, end: &End<'_>) -> bool {
        let routes = self.routes.as_ref().zip(end.route);
        let sketch = routes.and_then(|(routes, route)| routes.sketch(end.kind, route));
        let is_slow_there = sketch.is_some_and(|sketch| sketch.exceeds_p99(end.duration));
        let slower_than = self.sampling.slower_than;
        is_slow_there || slower_than.is_some_and(|bound| end.duration > bound)
    }
}
