use std::{collections::BTreeSet, ops::RangeInclusive, sync::Arc, time::Duration};

use metrics::Recorder;

use crate::{Check, Health, HealthError, Heartbeat, Probe, telemetry::Destination};

const LONGEST_NAME: usize = 64;
const DURATIONS: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(60 * 60);

/// Configures a [`Health`].
#[derive(Clone, Debug, Default)]
#[must_use = "nothing is checked before `start`"]
pub struct HealthBuilder {
    pub(crate) checks: Vec<(String, Probe, Check)>,
    pub(crate) heartbeats: Vec<(String, Heartbeat)>,
    pub(crate) metrics: Destination,
}

impl HealthBuilder {
    /// Adds a check of readiness: a closure that gives a future, or a [`Check`] that says more about itself. A closure is
    /// [critical](Check::degrading), has [1 s](Check::timeout), and its outcome counts for [2 s](Check::cache).
    ///
    /// The name becomes the label of metrics. Default: the service is ready.
    pub fn check(mut self, name: impl Into<String>, check: impl Into<Check>) -> Self {
        self.checks
            .push((name.into(), Probe::Readiness, check.into()));
        self
    }

    /// Adds a check of startup, such as migrations. Until it has succeeded once the service is neither started nor ready; then it
    /// is not run again. It has [10 min](Check::timeout) if it says nothing else, and no probe waits as long. Default: the service is
    /// started.
    pub fn startup(mut self, name: impl Into<String>, check: impl Into<Check>) -> Self {
        self.checks
            .push((name.into(), Probe::Startup, check.into()));
        self
    }

    /// Has the process count as dead while a heartbeat is not beaten. Default: it is live as long as it answers.
    ///
    /// There is no liveness by anything else: a dependency that is down is not mended by starting all that depend on it anew. It is
    /// for [`check`](Self::check):
    ///
    /// ```
    /// # async fn ask_database() -> std::io::Result<()> { Ok(()) }
    /// let health = steeple_health::Health::builder().check("database", ask_database);
    /// ```
    ///
    /// ```compile_fail
    /// # async fn ask_database() -> std::io::Result<()> { Ok(()) }
    /// let health = steeple_health::Health::builder().liveness("database", ask_database);
    /// ```
    pub fn liveness(mut self, name: impl Into<String>, heartbeat: &Heartbeat) -> Self {
        self.heartbeats.push((name.into(), heartbeat.clone()));
        self
    }

    /// Has the metrics go to `recorder`. Default: to the global recorder, which is to be installed before.
    pub fn recorder(mut self, recorder: Arc<dyn Recorder + Send + Sync>) -> Self {
        self.metrics = Destination(Some(recorder));
        self
    }

    /// Has the metrics go to `recorder`, unless [another](Self::recorder) is given before or later.
    pub fn default_recorder(mut self, recorder: Arc<dyn Recorder + Send + Sync>) -> Self {
        self.metrics.0.get_or_insert(recorder);
        self
    }

    /// Starts, without running a check yet.
    ///
    /// # Errors
    ///
    /// [`HealthError`] if a check is configured wrongly, or if there is no thread to be had.
    pub fn start(self) -> Result<Health, HealthError> {
        self.check_names()?;
        for (name, _, check) in &self.checks {
            let wrong = |(_, duration): &(_, Duration)| !DURATIONS.contains(duration);
            if let Some((what, duration)) = check.durations().find(wrong) {
                return Err(HealthError::Duration {
                    name: name.clone(),
                    what,
                    duration,
                });
            }
        }
        Health::start(self)
    }

    fn check_names(&self) -> Result<(), HealthError> {
        let checks = self.checks.iter().map(|(name, ..)| name);
        let heartbeats = self.heartbeats.iter().map(|(name, _)| name);
        let mut known = BTreeSet::new();
        for name in checks.chain(heartbeats) {
            if !is_name(name) {
                return Err(HealthError::Name { name: name.clone() });
            }
            if !known.insert(name) {
                return Err(HealthError::DuplicateName { name: name.clone() });
            }
        }
        Ok(())
    }
}

fn is_name(name: &str) -> bool {
    let is_plain = |character: char| character.is_alphanumeric() || "_-.:/".contains(character);
    !name.is_empty() && name.chars().count() <= LONGEST_NAME && name.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn up() -> Result<(), &'static str> {
        Ok(())
    }

    #[test]
    fn what_is_configured_wrongly_is_named() {
        let refusal = |builder: HealthBuilder| builder.start().err().map(|error| error.to_string());
        let twice = HealthBuilder::default().check("a", up).startup("a", up);
        assert_eq!(
            refusal(twice).as_deref(),
            Some("two checks are called `a`; give each a name of its own")
        );
        let beats = Heartbeat::new(Duration::from_secs(1));
        let twice = HealthBuilder::default()
            .check("a", up)
            .liveness("a", &beats);
        assert!(refusal(twice).is_some_and(|error| error.contains("`a`")));
        for name in ["", "a b", "a\n", &"a".repeat(65)] {
            let refused = refusal(HealthBuilder::default().check(name, up));
            assert!(
                refused.is_some_and(|error| error.contains("is no name")),
                "{name:?}"
            );
        }
        let never = Check::new(up).timeout(Duration::ZERO);
        assert_eq!(
            refusal(HealthBuilder::default().check("a", never)).as_deref(),
            Some("the timeout of check `a` is 0ns; give one from 1 ms to 1 h")
        );
        let always = Check::new(up).refresh_every(Duration::ZERO);
        assert!(refusal(HealthBuilder::default().check("a", always)).is_some());
    }
}
