use std::{
    borrow::Cow,
    mem,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use sentry_core::protocol::{SessionAggregateItem, SessionAggregates, SessionAttributes};
use steeple_core::Outcome;

/// Counts requests by how they ended, for the [health of a release](https://develop.sentry.dev/sdk/telemetry/sessions/): each is a
/// session of its own.
#[derive(Debug)]
pub(crate) struct Sessions {
    attributes: SessionAttributes<'static>,
    /// Since when is counted.
    since: Mutex<SystemTime>,
    exited: AtomicU32,
    errored: AtomicU32,
    crashed: AtomicU32,
}

impl Sessions {
    pub(crate) fn of(
        release: Cow<'static, str>,
        environment: Option<Cow<'static, str>>,
        now: SystemTime,
    ) -> Self {
        Self {
            attributes: SessionAttributes {
                release,
                environment,
                ip_address: None,
                user_agent: None,
            },
            since: Mutex::new(now),
            exited: AtomicU32::new(0),
            errored: AtomicU32::new(0),
            crashed: AtomicU32::new(0),
        }
    }

    /// Counts a request that is over.
    pub(crate) fn count(&self, outcome: Outcome) {
        let counter = match outcome {
            Outcome::Panicked => &self.crashed,
            outcome if outcome.is_failure() => &self.errored,
            _ => &self.exited,
        };
        counter.fetch_add(1, Relaxed);
    }

    /// Takes what was counted since this was called last, if anything was: of the minute that it began in.
    pub(crate) fn take(&self, now: SystemTime) -> Option<SessionAggregates<'static>> {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = SessionAggregateItem {
            started: minute(mem::replace(&mut since, now)),
            distinct_id: None,
            exited: self.exited.swap(0, Relaxed),
            errored: self.errored.swap(0, Relaxed),
            abnormal: 0,
            crashed: self.crashed.swap(0, Relaxed),
        };
        drop(since);
        let any = counted.exited > 0 || counted.errored > 0 || counted.crashed > 0;
        any.then(|| SessionAggregates {
            aggregates: vec![counted],
            attributes: self.attributes.clone(),
        })
    }
}

/// When the minute began.
fn minute(time: SystemTime) -> SystemTime {
    let since_1970 = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    UNIX_EPOCH + Duration::from_secs(since_1970.as_secs() / 60 * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_is_in_one_minute() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let sessions = Sessions::of("shop@1".into(), Some("staging".into()), at(90));
        assert_eq!(sessions.take(at(100)), None);
        for outcome in [
            Outcome::Success,
            Outcome::ClientError,
            Outcome::CancelledInBody,
            Outcome::ServerError,
            Outcome::TimedOut,
            Outcome::Panicked,
        ] {
            sessions.count(outcome);
        }
        let told = sessions.take(at(160)).unwrap();
        assert_eq!(told.attributes.release, "shop@1");
        assert_eq!(told.attributes.environment.as_deref(), Some("staging"));
        let [counted] = &*told.aggregates else {
            panic!("{told:?}");
        };
        assert_eq!(counted.started, at(60));
        assert_eq!(
            (counted.exited, counted.errored, counted.crashed),
            (3, 2, 1)
        );
        sessions.count(Outcome::Success);
        let told = sessions.take(at(220)).unwrap();
        assert_eq!(told.aggregates[0].started, at(120));
        assert_eq!(told.aggregates[0].exited, 1);
    }
}
