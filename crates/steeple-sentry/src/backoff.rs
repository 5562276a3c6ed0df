use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use sentry_core::protocol::{EnvelopeItem, ItemContainer};
use steeple_client::{
    http::{HeaderMap, StatusCode},
    retry_after,
};

const LIMITS: &str = "x-sentry-rate-limits";
/// The pause where a backend that has had enough does not say for how long.
const DEFAULT_PAUSE: Duration = Duration::from_secs(60);
/// No backend is taken at its word for longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);

/// What the backend wants none of for some time, [by category](https://develop.sentry.dev/sdk/expected-features/rate-limiting/).
#[derive(Debug, Default)]
pub(crate) struct Backoff(Mutex<[Option<Instant>; Category::ALL.len()]>);

/// A sort of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Category {
    Error,
    Transaction,
    Session,
    Attachment,
    Monitor,
    Log,
    Metric,
}

impl Category {
    const ALL: [Self; 7] = [
        Self::Error,
        Self::Transaction,
        Self::Session,
        Self::Attachment,
        Self::Monitor,
        Self::Log,
        Self::Metric,
    ];

    /// None for what the backend always takes.
    pub(crate) fn of(item: &EnvelopeItem) -> Option<Self> {
        Some(match item {
            EnvelopeItem::Event(_) => Self::Error,
            EnvelopeItem::Transaction(_) => Self::Transaction,
            EnvelopeItem::SessionUpdate(_) | EnvelopeItem::SessionAggregates(_) => Self::Session,
            EnvelopeItem::Attachment(_) => Self::Attachment,
            EnvelopeItem::MonitorCheckIn(_) => Self::Monitor,
            EnvelopeItem::ItemContainer(ItemContainer::Logs(_)) => Self::Log,
            EnvelopeItem::ItemContainer(ItemContainer::Metrics(_)) => Self::Metric,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Transaction => "transaction",
            Self::Session => "session",
            Self::Attachment => "attachment",
            Self::Monitor => "monitor",
            Self::Log => "log_item",
            Self::Metric => "trace_metric",
        }
    }
}

impl Backoff {
    /// Whether the backend wants none of this now.
    pub(crate) fn covers(&self, category: Category, now: Instant) -> bool {
        self.ends()[category as usize].is_some_and(|end| now < end)
    }

    /// Takes in what an answer says of limits.
    pub(crate) fn learn(&self, status: StatusCode, headers: &HeaderMap, now: Instant) {
        if headers.contains_key(LIMITS) {
            for limits in headers.get_all(LIMITS) {
                let limits = limits.to_str().unwrap_or_default().split(',');
                limits.for_each(|limit| self.limit(limit.trim(), now));
            }
        } else if status == StatusCode::TOO_MANY_REQUESTS {
            let pause = retry_after(headers, SystemTime::now()).unwrap_or(DEFAULT_PAUSE);
            for category in Category::ALL {
                self.pause(category, pause, now);
            }
        }
    }

    /// Of a limit: seconds, categories separated by `;`, all if there are none, and what does not matter here.
    fn limit(&self, limit: &str, now: Instant) {
        let mut parts = limit.split(':');
        let Some(pause) = parts.next().and_then(seconds) else {
            return;
        };
        let names = parts.next().unwrap_or_default();
        for category in Category::ALL {
            if names.is_empty() || names.split(';').any(|name| name == category.name()) {
                self.pause(category, pause, now);
            }
        }
    }

    /// Of several pauses the longest counts.
    fn pause(&self, category: Category, pause: Duration, now: Instant) {
        let end = now.checked_add(pause.min(LONGEST_PAUSE));
        let known = &mut self.ends()[category as usize];
        *known = end.max(*known);
    }

    fn ends(&self) -> MutexGuard<'_, [Option<Instant>; Category::ALL.len()]> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn seconds(value: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(value.trim().parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paused(status: u16, headers: &[(&'static str, &str)], after: u64) -> Vec<&'static str> {
        let now = Instant::now();
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        let backoff = Backoff::default();
        backoff.learn(status.try_into().unwrap(), &headers, now);
        let then = now + Duration::from_secs(after);
        Category::ALL
            .into_iter()
            .filter(|category| backoff.covers(*category, then))
            .map(Category::name)
            .collect()
    }

    #[test]
    fn limits_are_of_categories() {
        let limits = [(
            LIMITS,
            "60:transaction;session:organization:quota, 2700:error:key, 5:unknown, x:error",
        )];
        for status in [200, 429] {
            assert_eq!(
                paused(status, &limits, 59),
                ["error", "transaction", "session"]
            );
            assert_eq!(paused(status, &limits, 61), ["error"]);
            assert_eq!(paused(status, &limits, 2_701), [""; 0]);
        }
    }

    #[test]
    fn without_categories_all_are_limited() {
        let all = Category::ALL.map(Category::name);
        assert_eq!(paused(200, &[(LIMITS, "10::organization")], 9), all);
        assert_eq!(paused(429, &[("retry-after", "7")], 6), all);
        assert_eq!(paused(429, &[("retry-after", "7")], 8), [""; 0]);
        assert_eq!(paused(429, &[], 59), all);
        assert_eq!(paused(503, &[("retry-after", "7")], 1), [""; 0]);
    }

    #[test]
    fn a_pause_has_an_end() {
        assert_eq!(paused(200, &[(LIMITS, "1e300")], 1), [""; 0]);
        assert_eq!(paused(200, &[(LIMITS, "-1:error")], 0), [""; 0]);
        assert_eq!(paused(200, &[(LIMITS, "99999999:error")], 86_401), [""; 0]);
    }
}
