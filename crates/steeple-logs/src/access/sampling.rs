//! Which requests are left out.

use std::{ops::RangeInclusive, time::Duration};

use steeple_core::{Outcome, RequestRecord};

/// Of how many requests a line is written. All that fail and all that are slow are.
#[derive(Clone, Debug)]
pub(super) struct Sampling {
    pub(super) routes: Vec<(String, Share)>,
    pub(super) statuses: Vec<(RangeInclusive<u16>, Share)>,
    pub(super) slow: Duration,
}

impl Sampling {
    /// Whether a line is written of a request.
    #[inline]
    pub(super) fn keeps(&self, record: &RequestRecord<'_>) -> bool {
        (self.routes.is_empty() && self.statuses.is_empty())
            || self.keeps_outcome(record.outcome, record.duration())
            || self.share_of(record.route(), record.status).is_drawn()
    }

    /// Whether how it went is reason enough.
    pub(super) fn keeps_outcome(&self, outcome: Outcome, duration: Duration) -> bool {
        outcome.is_failure() || duration >= self.slow
    }

    /// That of the route, or else that of the status, or else the whole.
    fn share_of(&self, route: &str, status: Option<u16>) -> Share {
        let of_route = self.routes.iter().find(|(known, _)| known == route);
        let of_status = || {
            let status = status?;
            self.statuses
                .iter()
                .find(|(known, _)| known.contains(&status))
        };
        of_route
            .map(|(_, share)| *share)
            .or_else(|| of_status().map(|(_, share)| *share))
            .unwrap_or(Share::WHOLE)
    }
}

/// How many of all, in parts of 2^64 less one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share(u64);

impl Share {
    const WHOLE: Self = Self(u64::MAX);

    /// From 0 to 1; what is not between is the nearer, and what is no number the whole.
    pub(super) fn new(share: f64) -> Self {
        if share.is_nan() {
            return Self::WHOLE;
        }
        // Beyond either end it is cut off.
        Self((share * u64::MAX as f64) as u64)
    }

    /// By chance: a client cannot choose that nobody reads of it, as it could by ids.
    fn is_drawn(self) -> bool {
        self == Self::WHOLE || fastrand::u64(..) < self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_route_counts_before_the_status() {
        let sampling = Sampling {
            routes: vec![("/livez".to_owned(), Share::new(0.0))],
            statuses: vec![(200..=299, Share::new(0.5)), (200..=204, Share::new(0.1))],
            slow: Duration::from_secs(1),
        };
        assert_eq!(sampling.share_of("/livez", Some(200)), Share::new(0.0));
        assert_eq!(sampling.share_of("/", Some(204)), Share::new(0.5));
        assert_eq!(sampling.share_of("/", Some(404)), Share::WHOLE);
        assert_eq!(sampling.share_of("/", None), Share::WHOLE);
    }

    #[test]
    fn what_fails_or_takes_long_is_kept() {
        let sampling = Sampling {
            routes: Vec::new(),
            statuses: Vec::new(),
            slow: Duration::from_secs(1),
        };
        let (fast, slow) = (Duration::from_millis(999), Duration::from_secs(1));
        assert!(sampling.keeps_outcome(Outcome::Panicked, fast));
        assert!(sampling.keeps_outcome(Outcome::ServerError, fast));
        assert!(sampling.keeps_outcome(Outcome::Success, slow));
        assert!(!sampling.keeps_outcome(Outcome::ClientError, fast));
    }

    #[test]
    fn shares_are_drawn_as_often_as_they_say() {
        for (share, least, most) in [
            (0.0, 0, 0),
            (-1.0, 0, 0),
            (1.0, 10_000, 10_000),
            (7.0, 10_000, 10_000),
        ] {
            let drawn = (0..10_000).filter(|_| Share::new(share).is_drawn()).count();
            assert!((least..=most).contains(&drawn), "{share}: {drawn}");
        }
        assert_eq!(Share::new(f64::NAN), Share::WHOLE);
        // Ten standard deviations.
        let tenth = Share::new(0.1);
        let drawn = (0..100_000).filter(|_| tenth.is_drawn()).count();
        assert!((9_000..=11_000).contains(&drawn), "{drawn}");
    }
}
