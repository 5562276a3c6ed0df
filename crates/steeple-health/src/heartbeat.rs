use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use metrics::Gauge;
use tokio::time;

use crate::{Check, Failure};

const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// What a worker has to beat, so that one that hangs is noticed. Clones are the same.
///
/// ```
/// use std::time::Duration;
///
/// use steeple_health::{Health, Heartbeat};
///
/// # fn main() -> Result<(), steeple_health::HealthError> {
/// let consumer = Heartbeat::new(Duration::from_secs(30));
/// let health = Health::builder()
///     .check("consumer", consumer.check()) // not ready while it hangs
///     .liveness("consumer-alive", &consumer) // or: started anew when it hangs
///     .start()?;
///
/// // In the worker, each time around:
/// consumer.beat();
/// assert!(health.is_live());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Heartbeat(Arc<Beats>);

struct Beats {
    longest: Duration,
    start: Instant,
    /// In milliseconds since the start.
    last: AtomicU64,
}

impl Heartbeat {
    /// One that has to be beaten at least every `longest`, beginning now.
    #[must_use]
    pub fn new(longest: Duration) -> Self {
        Self(Arc::new(Beats {
            longest,
            start: Instant::now(),
            last: AtomicU64::new(0),
        }))
    }

    /// Says that the worker is about its work. Costs a look at the clock.
    pub fn beat(&self) {
        let Self(beats) = self;
        beats.last.store(beats.now(), Relaxed);
    }

    /// How long ago the last beat was, to the millisecond.
    #[must_use]
    pub fn age(&self) -> Duration {
        let Self(beats) = self;
        Duration::from_millis(beats.now().saturating_sub(beats.last.load(Relaxed)))
    }

    /// Whether the last beat is no longer ago than it may be.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.age() <= self.0.longest
    }

    /// The check that it is beaten, for readiness. Its outcome is not kept.
    pub fn check(&self) -> Check {
        let heartbeat = self.clone();
        let beaten = move || std::future::ready(heartbeat.beaten());
        Check::new(beaten)
            .cache(Duration::ZERO)
            .component("component")
    }

    /// Tells whether it is alive, now and as long as the future is polled.
    pub(crate) fn tell(self, up: Gauge) -> impl Future<Output = ()> + Send + 'static {
        up.set(f64::from(self.is_alive()));
        self.keep_telling(up)
    }

    async fn keep_telling(self, up: Gauge) {
        let mut ticks = time::interval(BETWEEN_LOOKS);
        ticks.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            up.set(f64::from(self.is_alive()));
        }
    }

    /// # Errors
    ///
    /// If the last beat is too long ago.
    pub(crate) fn beaten(&self) -> Result<(), Failure> {
        if self.is_alive() {
            Ok(())
        } else {
            let age = self.age();
            Err(Failure::Error(format!("the last beat is {age:?} ago")))
        }
    }
}

impl Beats {
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl fmt::Debug for Heartbeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heartbeat")
            .field("longest", &self.0.longest)
            .field("age", &self.age())
            .finish()
    }
}
