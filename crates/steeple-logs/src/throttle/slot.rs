//! What one call site has logged of late.

use tracing_core::Metadata;

use super::ThrottleConfig;

const SECOND: u64 = 1_000_000_000;

/// Whether an event is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It is, after what was held back before it.
    Written(Held),
    /// It is the same as the last one.
    Repeated,
    /// There were too many this second.
    Limited,
}

/// What a call site logged and was not written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// How often the last line came again.
    pub(crate) repeated: u64,
    /// How many there were beyond the limit.
    pub(crate) limited: u64,
}

impl Held {
    pub(crate) fn is_empty(self) -> bool {
        self == Self::default()
    }
}

#[derive(Default)]
pub(super) struct Slot {
    metadata: Option<&'static Metadata<'static>>,
    /// What the last line that was written says.
    content: Option<u64>,
    /// When it was written.
    since: u64,
    /// When the second began whose lines are counted.
    second: u64,
    written: u32,
    held: Held,
}

impl Slot {
    pub(super) fn admit(
        &mut self,
        config: &ThrottleConfig,
        metadata: &'static Metadata<'static>,
        content: u64,
        now: u64,
    ) -> Admission {
        self.metadata = Some(metadata);
        if self.content == Some(content) && !is_over(self.since, config.window, now) {
            self.held.repeated += 1;
            return Admission::Repeated;
        }
        if is_over(self.second, SECOND, now) {
            (self.second, self.written) = (now, 0);
        }
        if self.written >= config.per_second {
            self.held.limited += 1;
            return Admission::Limited;
        }
        self.written += 1;
        (self.content, self.since) = (Some(content), now);
        Admission::Written(std::mem::take(&mut self.held))
    }

    /// Whether anything is held back.
    pub(super) fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    /// What was held back for as long as it may be.
    pub(super) fn overdue(
        &mut self,
        config: &ThrottleConfig,
        now: u64,
    ) -> Option<(&'static Metadata<'static>, Held)> {
        let is_due = is_over(self.since, config.window.max(SECOND), now);
        if !self.holds() || !is_due {
            return None;
        }
        // What is said once more is not a repetition of what nobody remembers.
        self.content = None;
        Some((self.metadata?, std::mem::take(&mut self.held)))
    }
}

/// Whether `length` has passed since a moment.
fn is_over(since: u64, length: u64, now: u64) -> bool {
    match now.checked_sub(since) {
        Some(passed) => passed >= length,
        // Threads come in any order, but what the clock went back by is not waited for.
        None => since - now > SECOND,
    }
}
