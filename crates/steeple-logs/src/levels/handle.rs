use std::{
    fmt,
    ops::RangeInclusive,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock},
    thread,
    time::{Duration, Instant},
};

use tracing_core::{Level, LevelFilter, callsite};
use tracing_subscriber::filter::Targets;

use super::{Directives, LevelsError, LevelsFilter};

/// How long a change lasts where nothing else is said.
pub(super) const USUAL: Duration = Duration::from_secs(15 * 60);

/// How long one may last.
const TIMES: RangeInclusive<Duration> =
    Duration::from_millis(1)..=Duration::from_secs(24 * 60 * 60);

/// What is logged, by level and target. It can be changed while the service runs, for a time: then it is again as it was
/// configured, whether anything is logged or not. Clones are of the same levels.
///
/// ```
/// use steeple_logs::Levels;
///
/// let levels = Levels::new("info,hyper=warn".parse()?);
/// levels.set("info,shop::cart=debug".parse()?)?;
/// assert_eq!(levels.status().current.to_string(), "info,shop::cart=debug");
/// levels.revert();
/// assert_eq!(levels.status().current.to_string(), "info,hyper=warn");
/// # Ok::<(), steeple_logs::LevelsError>(())
/// ```
#[derive(Clone)]
pub struct Levels(Arc<Shared>);

pub(super) struct Shared {
    /// What of the state is asked for by each call site.
    pub(super) targets: RwLock<Targets>,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    configured: Directives,
    current: Directives,
    /// How many steps further than configured, if it was steps that led here.
    steps: i8,
    reverts_at: Option<Instant>,
    /// Whether a thread waits for that.
    is_awaited: bool,
}

/// What is logged at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LevelStatus {
    /// What was configured.
    pub configured: Directives,
    /// What counts.
    pub current: Directives,
    /// After which time it is again as configured; none if it is.
    pub reverts_in: Option<Duration>,
}

impl Levels {
    /// Levels as configured.
    #[must_use]
    pub fn new(configured: Directives) -> Self {
        Self(Arc::new(Shared {
            targets: RwLock::new(configured.targets()),
            state: Mutex::new(State {
                current: configured.clone(),
                configured,
                steps: 0,
                reverts_at: None,
                is_awaited: false,
            }),
            changed: Condvar::new(),
        }))
    }

    /// Logs what `directives` say, for 15 minutes.
    ///
    /// # Errors
    ///
    /// As those of [`set_for`](Self::set_for).
    pub fn set(&self, directives: Directives) -> Result<(), LevelsError> {
        self.set_for(directives, USUAL)
    }

    /// Logs what `directives` say, for a time of 1 ms to 24 h.
    ///
    /// # Errors
    ///
    /// [`LevelsError::Time`] if the time is another, and [`LevelsError::Thread`] if nothing could end the change.
    pub fn set_for(&self, directives: Directives, time: Duration) -> Result<(), LevelsError> {
        self.0.change(time, |_| (directives, 0))
    }

    /// Logs up to one level more for all targets, for 15 minutes; what is off stays so.
    ///
    /// # Errors
    ///
    /// As those of [`set`](Self::set).
    pub fn raise(&self) -> Result<(), LevelsError> {
        self.step(1)
    }

    /// As [`raise`](Self::raise), with one level less.
    ///
    /// # Errors
    ///
    /// As those of [`set`](Self::set).
    pub fn lower(&self) -> Result<(), LevelsError> {
        self.step(-1)
    }

    fn step(&self, step: i8) -> Result<(), LevelsError> {
        self.0.change(USUAL, |state| {
            // Not further than there are levels, so that as many steps lead back.
            let steps = (state.steps + step).clamp(-4, 4);
            (state.configured.further(steps), steps)
        })
    }

    /// Logs what is configured.
    pub fn revert(&self) {
        let mut state = self.0.state();
        state.revert();
        self.0.apply(state);
    }

    /// What is logged now.
    #[must_use]
    pub fn status(&self) -> LevelStatus {
        let state = self.0.state();
        let left = |at: Instant| at.saturating_duration_since(Instant::now());
        LevelStatus {
            configured: state.configured.clone(),
            current: state.current.clone(),
            reverts_in: state.reverts_at.map(left),
        }
    }

    /// The filter for a layer, by these levels.
    #[must_use]
    pub fn filter(&self) -> LevelsFilter {
        LevelsFilter(self.0.clone())
    }
}

impl LevelStatus {
    /// As `/log-level` tells it.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Directives hold nothing that would have to be escaped.
        let seconds = self.reverts_in.map_or("null".to_owned(), |time| {
            time.as_secs_f64().ceil().to_string()
        });
        format!(
            r#"{{"configured":"{}","current":"{}","reverts_in_seconds":{seconds}}}"#,
            self.configured, self.current
        )
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(
        self: &Arc<Self>,
        time: Duration,
        to: impl FnOnce(&State) -> (Directives, i8),
    ) -> Result<(), LevelsError> {
        if !TIMES.contains(&time) {
            return Err(LevelsError::Time { time });
        }
        let mut state = self.state();
        if !state.is_awaited {
            // Before anything changes: what nothing ends does not begin.
            let shared = self.clone();
            thread::Builder::new()
                .name("steeple-levels".to_owned())
                .spawn(move || shared.await_end())
                .map_err(LevelsError::Thread)?;
            state.is_awaited = true;
        }
        (state.current, state.steps) = to(&state);
        if state.current == state.configured {
            state.revert();
        } else {
            state.reverts_at = Some(Instant::now() + time);
        }
        self.apply(state);
        Ok(())
    }

    /// Has what was changed count.
    fn apply(&self, state: MutexGuard<'_, State>) {
        let targets = state.current.targets();
        *self.targets.write().unwrap_or_else(PoisonError::into_inner) = targets;
        self.changed.notify_all();
        // Call sites ask all layers there are: not under a lock.
        drop(state);
        callsite::rebuild_interest_cache();
        log_records_up_to(LevelFilter::current());
    }

    /// Waits until a change is to end, and ends it.
    fn await_end(&self) {
        let mut state = self.state();
        while let Some(at) = state.reverts_at {
            let left = at.saturating_duration_since(Instant::now());
            if left.is_zero() {
                state.revert();
                state.is_awaited = false;
                return self.apply(state);
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.is_awaited = false;
    }
}

impl State {
    fn revert(&mut self) {
        self.current = self.configured.clone();
        self.steps = 0;
        self.reverts_at = None;
    }
}

/// Has the crate `log` hand on records up to `level`. It does so with more of them if it did: another logger may want them, and what
/// makes events of records asks the levels itself.
fn log_records_up_to(level: LevelFilter) {
    let level = match level.into_level() {
        None => log::LevelFilter::Off,
        Some(Level::ERROR) => log::LevelFilter::Error,
        Some(Level::WARN) => log::LevelFilter::Warn,
        Some(Level::INFO) => log::LevelFilter::Info,
        Some(Level::DEBUG) => log::LevelFilter::Debug,
        Some(Level::TRACE) => log::LevelFilter::Trace,
    };
    log::set_max_level(level.max(log::max_level()));
}

impl fmt::Debug for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Levels").field(&self.status()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use tracing_core::Event;
    use tracing_subscriber::{
        Layer, Registry,
        layer::{Context, SubscriberExt},
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Count(Arc<AtomicUsize>);

    impl Layer<Registry> for Count {
        fn on_event(&self, _: &Event<'_>, _: Context<'_, Registry>) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    /// How many of the levels of two targets are logged while `f` has an effect.
    fn logged(levels: &Levels, count: &Count) -> usize {
        let before = count.0.load(Relaxed);
        let subscriber =
            tracing_subscriber::registry().with(count.clone().with_filter(levels.filter()));
        tracing::subscriber::with_default(subscriber, log_everything);
        count.0.load(Relaxed) - before
    }

    fn log_everything() {
        tracing::error!(target: "shop", "1");
        tracing::warn!(target: "shop", "2");
        tracing::info!(target: "shop", "3");
        tracing::debug!(target: "shop", "4");
        tracing::trace!(target: "shop", "5");
        tracing::debug!(target: "shop::cart", "6");
        tracing::trace!(target: "shop::cart", "7");
    }

    fn levels(text: &str) -> Levels {
        Levels::new(text.parse().unwrap())
    }

    #[test]
    fn a_change_counts_at_call_sites_that_were_asked_before() {
        let (levels, count) = (levels("info"), Count::default());
        let subscriber =
            tracing_subscriber::registry().with(count.clone().with_filter(levels.filter()));
        tracing::subscriber::with_default(subscriber, || {
            let logged = || {
                log_everything();
                count.0.swap(0, Relaxed)
            };
            assert_eq!(logged(), 3);
            levels
                .set("warn,shop::cart=trace".parse().unwrap())
                .unwrap();
            assert_eq!(logged(), 4);
            levels.revert();
            assert_eq!(logged(), 3);
            levels.raise().unwrap();
            assert_eq!(logged(), 5);
            levels.raise().unwrap();
            assert_eq!(logged(), 7);
            levels.lower().unwrap();
            levels.lower().unwrap();
            assert_eq!(levels.status().reverts_in, None);
            assert_eq!(logged(), 3);
            levels.lower().unwrap();
            assert_eq!(logged(), 2);
        });
    }

    #[test]
    fn a_change_ends_by_itself_though_nothing_is_logged() {
        let (levels, count) = (levels("info,shop::cart=off"), Count::default());
        let time = Duration::from_millis(20);
        levels.set_for("trace".parse().unwrap(), time).unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        while levels.status().reverts_in.is_some() {
            assert!(Instant::now() < deadline, "{levels:?}");
            thread::yield_now();
        }
        let status = levels.status();
        assert_eq!(status.current, status.configured);
        assert_eq!(logged(&levels, &count), 3);
        // And one that is made after it does, too.
        levels.set_for("trace".parse().unwrap(), time).unwrap();
        while levels.status().reverts_in.is_some() {
            assert!(Instant::now() < deadline, "{levels:?}");
            thread::yield_now();
        }
    }

    #[test]
    fn a_later_change_counts_for_its_own_time() {
        let levels = levels("info");
        let long = Duration::from_secs(3_600);
        levels.set_for("debug".parse().unwrap(), long).unwrap();
        levels.set_for("trace".parse().unwrap(), long * 2).unwrap();
        let status = levels.status();
        assert_eq!(status.current.to_string(), "trace");
        assert!(status.reverts_in > Some(long), "{status:?}");
        levels.raise().unwrap();
        assert_eq!(levels.status().current.to_string(), "debug");
    }

    #[test]
    fn a_change_lasts_a_sensible_time() {
        let levels = levels("info");
        for time in [Duration::ZERO, Duration::from_secs(86_401), Duration::MAX] {
            let error = levels.set_for("debug".parse().unwrap(), time).unwrap_err();
            assert!(matches!(error, LevelsError::Time { .. }), "{error}");
        }
        assert_eq!(levels.status().current.to_string(), "info");
    }

    #[test]
    fn the_status_is_told_as_json() {
        let levels = levels("info,shop::cart=debug");
        let before = r#"{"configured":"info,shop::cart=debug","current":"info,shop::cart=debug","reverts_in_seconds":null}"#;
        assert_eq!(levels.status().to_json(), before);
        levels.set("trace".parse().unwrap()).unwrap();
        let after =
            r#"{"configured":"info,shop::cart=debug","current":"trace","reverts_in_seconds":900}"#;
        assert_eq!(levels.status().to_json(), after);
    }
}
