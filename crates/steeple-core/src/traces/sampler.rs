//! Which traces are recorded.

use std::sync::Arc;

use crate::traces::rate_limit::RateLimit;

/// Decides at the head of a request or job whether its trace is recorded.
///
/// The names are those of
/// [`OTEL_TRACES_SAMPLER`](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration).
///
/// ```
/// use steeple_core::Sampler;
///
/// // A tenth of what begins here, and what trusted callers record.
/// let sampler = Sampler::ratio(0.1).parent_based();
/// ```
#[derive(Clone, Debug)]
pub struct Sampler {
    root: Root,
    parent_based: bool,
}

#[derive(Clone, Debug)]
enum Root {
    AlwaysOn,
    AlwaysOff,
    /// Records what has less of its 56 random bits than this.
    Ratio(u64),
    PerSecond(Arc<RateLimit>),
}

/// How many bits of a trace's id are [random](https://www.w3.org/TR/trace-context-2/#randomness-of-trace-id): the lowest.
const RANDOM_BITS: u32 = 56;

impl Sampler {
    /// `always_on`: every trace.
    #[must_use]
    pub const fn always_on() -> Self {
        Self::of(Root::AlwaysOn)
    }

    /// `always_off`: none.
    #[must_use]
    pub const fn always_off() -> Self {
        Self::of(Root::AlwaysOff)
    }

    /// `traceidratio`: this part of all traces, from 0 to 1; what is below or above counts as the nearest of these.
    ///
    /// Services that trust each other and have the same ratio record the same traces: it is decided by the trace's id.
    /// That of a caller that is not trusted is not decided on, since it could be chosen to be recorded.
    #[must_use]
    pub fn ratio(ratio: f64) -> Self {
        let all = (1_u64 << RANDOM_BITS) as f64;
        Self::of(Root::Ratio((ratio.clamp(0.0, 1.0) * all) as u64))
    }

    /// At most so many traces a second, and what was not used of the last second. Clones share the limit.
    #[must_use]
    pub fn per_second(traces: f64) -> Self {
        Self::of(Root::PerSecond(Arc::new(RateLimit::per_second(traces))))
    }

    /// `parentbased_...`: where a trusted caller says whether it records the trace, does the same; this sampler decides on
    /// all others. What this sampler would not record is limited: see
    /// [`TraceConfig::forced_per_second`](crate::TraceConfig::forced_per_second).
    #[must_use]
    pub fn parent_based(mut self) -> Self {
        self.parent_based = true;
        self
    }

    const fn of(root: Root) -> Self {
        Self {
            root,
            parent_based: false,
        }
    }

    /// Decides on a trace of whose id the lowest bits are `random`. `caller` is what a trusted caller does itself, if it says
    /// so; what it alone wants recorded is so if `force` says so.
    #[inline]
    pub(crate) fn decide(
        &self,
        random: impl FnOnce() -> u64,
        caller: Option<bool>,
        force: impl FnOnce() -> bool,
    ) -> bool {
        match caller.filter(|_| self.parent_based) {
            Some(false) => false,
            Some(true) => self.samples(random) || force(),
            None => self.samples(random),
        }
    }

    /// Whether it matters who the caller is.
    #[inline]
    pub(crate) fn asks_caller(&self) -> bool {
        self.parent_based || matches!(self.root, Root::Ratio(_))
    }

    #[inline]
    fn samples(&self, random: impl FnOnce() -> u64) -> bool {
        match &self.root {
            Root::AlwaysOn => true,
            Root::AlwaysOff => false,
            Root::Ratio(threshold) => random() & ((1 << RANDOM_BITS) - 1) < *threshold,
            Root::PerSecond(limit) => limit.admits(),
        }
    }

    /// Whether it never records anything.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.is_off_for(true)
    }

    /// The same where no caller has a say unless one may.
    pub(crate) fn is_off_for(&self, heeds_callers: bool) -> bool {
        let follows = self.parent_based && heeds_callers;
        matches!(self.root, Root::AlwaysOff | Root::Ratio(0)) && !follows
    }
}

/// `parentbased_always_on`.
impl Default for Sampler {
    fn default() -> Self {
        Self::always_on().parent_based()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(sampler: &Sampler, random: u64, caller: Option<bool>) -> bool {
        sampler.decide(|| random, caller, || true)
    }

    #[test]
    fn a_ratio_is_that_part_of_all_random_numbers() {
        let sampler = Sampler::ratio(0.1);
        let mut random = fastrand::Rng::with_seed(7);
        let recorded = (0..100_000).filter(|_| decide(&sampler, random.u64(..), None));
        // Within three standard deviations.
        assert!(recorded.count().abs_diff(10_000) < 285);
        for (all, ratio) in [(false, -1.0), (false, f64::NAN), (true, 1.0), (true, 7.0)] {
            assert_eq!(
                decide(&Sampler::ratio(ratio), u64::MAX, None),
                all,
                "{ratio}"
            );
        }
    }

    #[test]
    fn only_who_is_asked_to_follows_the_caller() {
        for root in [Sampler::always_on(), Sampler::always_off()] {
            let alone = decide(&root, 0, None);
            for caller in [Some(true), Some(false)] {
                assert_eq!(decide(&root, 0, caller), alone);
            }
            let follows = root.parent_based();
            assert_eq!(decide(&follows, 0, None), alone);
            assert!(decide(&follows, 0, Some(true)));
            assert!(!decide(&follows, 0, Some(false)));
        }
    }

    #[test]
    fn what_callers_alone_want_recorded_is_limited() {
        let forced = RateLimit::per_second(3.0);
        let recorded = |sampler: Sampler| {
            let decide = |_: &i32| sampler.decide(|| 0, Some(true), || forced.admits());
            (0..1_000).filter(decide).count()
        };
        assert_eq!(recorded(Sampler::always_off().parent_based()), 3);
        assert_eq!(recorded(Sampler::always_on().parent_based()), 1_000);
    }

    #[test]
    fn so_many_a_second_are_recorded_by_all_clones() {
        let sampler = Sampler::per_second(5.0);
        let recorded = (0..100).filter(|_| decide(&sampler.clone(), 0, None));
        assert_eq!(recorded.count(), 5);
    }
}
