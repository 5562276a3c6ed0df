//! What is kept.

use std::{collections::HashMap, time::Duration};

use steeple_core::{Outcome, pipeline::Budget};

/// Keeps the spans of requests and jobs by how these end: those that went wrong or were slow, and a part of the rest.
///
/// ```
/// use std::time::Duration;
///
/// use steeple_otlp::{Otlp, TailSampling};
///
/// let sampling = TailSampling::ratio(0.01)
///     .slower_than(Duration::from_secs(1))
///     .slower_than_p99_of_route()
///     .route("/checkout", 1.0);
/// let otlp = Otlp::builder().tail_sampling(sampling);
/// # let _ = otlp;
/// ```
///
/// It chooses among those that the [sampler](steeple_core::TraceConfig::sampler) of the traces records. Until a request or job
/// ends, its spans are held, also those that end elsewhere, in tasks it [spawned](steeple_core::current::carry) for example;
/// then all are kept or none is. Those that end later yet share its fate, if it is one of about the last 8,192 to end;
/// else they are dropped. A trace that begins outside of any request or job ends with its first span, and is kept if that
/// failed. What is not kept is dropped as [`Sampled`](crate::DropReason::Sampled).
///
/// As long as nothing is decided, those who are called are told that the trace is recorded, as it is: the `traceparent` they
/// get is sampled. What they record is kept by their own decision.
#[derive(Clone, Debug)]
#[must_use = "an `OtlpBuilder` is to be given it"]
pub struct TailSampling {
    ratio: f64,
    routes: HashMap<String, f64>,
    /// A bit for each outcome.
    always: u16,
    pub(super) slower_than: Option<Duration>,
    pub(super) slower_than_p99: bool,
    pub(super) held: Budget,
}

impl TailSampling {
    /// Keeps this part, from 0 to 1, of what is not kept for its outcome or its duration. It is by chance which, whatever the
    /// caller's trace is.
    ///
    /// Always kept are server errors, panics, bodies that fail, time-outs and cancellations.
    pub fn ratio(ratio: f64) -> Self {
        let always = [
            Outcome::ServerError,
            Outcome::Panicked,
            Outcome::BodyError,
            Outcome::TimedOut,
            Outcome::CancelledBeforeHead,
            Outcome::CancelledInBody,
        ];
        let none = Self {
            ratio,
            routes: HashMap::new(),
            always: 0,
            slower_than: None,
            slower_than_p99: false,
            held: Budget::held(),
        };
        always.into_iter().fold(none, Self::always)
    }

    /// Keeps this part of the requests of a route, by its template, instead. Default: [`ratio`](Self::ratio).
    pub fn route(mut self, template: impl Into<String>, ratio: f64) -> Self {
        self.routes.insert(template.into(), ratio);
        self
    }

    /// Keeps all that end like this. Default: as [`ratio`](Self::ratio) says.
    pub fn always(mut self, outcome: Outcome) -> Self {
        self.always |= bit(outcome);
        self
    }

    /// Keeps of those that end like this no more than of successes. Default: as [`ratio`](Self::ratio) says.
    pub fn by_ratio(mut self, outcome: Outcome) -> Self {
        self.always &= !bit(outcome);
        self
    }

    /// Keeps all that take longer than this. Streaming routes are judged by the time to the head. Default: none for that.
    pub fn slower_than(mut self, duration: Duration) -> Self {
        self.slower_than = Some(duration);
        self
    }

    /// Keeps all that take longer than 99 of 100 recorded requests of the same route, or jobs of the same name, took lately.
    /// Default: none for that.
    ///
    /// Lately are the last few thousand: whenever there are 4,096, all count half. Before the first 100 none is slow.
    /// The bound is within 6.25 % of the quantile of what is counted, from 16 us to 137 s, and what exceeds it is 1 %
    /// of all in the long run, between 0.5 and 1.6 % at most moments. When a route gets slower, some 250 more are kept
    /// until the bound has followed; when it gets faster, that takes up to 20,000. Each of at most 1,000 routes takes
    /// 1.6 KiB; of more, none is slow.
    pub fn slower_than_p99_of_route(mut self) -> Self {
        self.slower_than_p99 = true;
        self
    }

    /// What bounds the memory of spans that ended elsewhere than in their open request or job, which have 256 KiB each at most.
    /// Spans for which there is no room are dropped as [`BudgetExhausted`](crate::DropReason::BudgetExhausted). Default:
    /// [`Budget::held`], 32 MiB, which [those that ended within](steeple_core::TraceConfig::held) are held in as well.
    pub fn held(mut self, budget: Budget) -> Self {
        self.held = budget;
        self
    }

    pub(super) fn always_keeps(&self, outcome: Outcome) -> bool {
        self.always & bit(outcome) != 0
    }

    pub(super) fn ratio_of(&self, route: &str) -> f64 {
        if self.routes.is_empty() {
            return self.ratio;
        }
        *self.routes.get(route).unwrap_or(&self.ratio)
    }
}

fn bit(outcome: Outcome) -> u16 {
    1 << outcome as u16
}
