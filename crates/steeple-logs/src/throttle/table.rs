use std::{
    fmt,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tracing_core::Metadata;

use super::slot::{Admission, Held, Slot};

/// How many call sites are told apart. Those beyond are written, whatever they say.
const SLOTS: usize = 1_024;

/// How many slots are looked at for one.
const PROBES: usize = 16;

/// How long to the next look at what is overdue, in nanoseconds.
const SWEEP: u64 = 1_000_000_000;

/// How long lines that are the same are one, and how many lines a call site may write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThrottleConfig {
    /// In nanoseconds.
    pub(crate) window: u64,
    pub(crate) per_second: u32,
}

impl ThrottleConfig {
    pub(crate) fn new(window: Duration, per_second: Option<u32>) -> Self {
        Self {
            window: u64::try_from(window.as_nanos()).unwrap_or(u64::MAX),
            per_second: per_second.unwrap_or(u32::MAX),
        }
    }

    fn is_off(self) -> bool {
        self.window == 0 && self.per_second == u32::MAX
    }
}

/// Holds back what call sites repeat, and what they log beyond their limit. All of it is counted, and told with the next line
/// of the call site, or when it is [overdue](Self::overdue).
pub(crate) struct Throttle {
    config: ThrottleConfig,
    /// The keys of the call sites, 0 where a slot is free.
    keys: Box<[AtomicU64]>,
    slots: Box<[Mutex<Slot>]>,
    /// How many slots hold something back.
    holding: AtomicU64,
    /// When to look next at what is overdue.
    next_sweep: AtomicU64,
}

impl Throttle {
    /// There is none where nothing is to be held back.
    pub(crate) fn new(config: ThrottleConfig) -> Option<Self> {
        (!config.is_off()).then(|| Self {
            config,
            keys: (0..SLOTS).map(|_| AtomicU64::new(0)).collect(),
            slots: (0..SLOTS).map(|_| Mutex::default()).collect(),
            holding: AtomicU64::new(0),
            next_sweep: AtomicU64::new(0),
        })
    }

    /// Whether an event of the call site `key` is written that says `content`, at a moment in nanoseconds.
    pub(crate) fn admit(
        &self,
        key: u64,
        metadata: &'static Metadata<'static>,
        content: u64,
        now: u64,
    ) -> Admission {
        let Some(mut slot) = self.slot(key) else {
            return Admission::Written(Held::default());
        };
        let held = slot.holds();
        let admission = slot.admit(&self.config, metadata, content, now);
        match (held, slot.holds()) {
            (false, true) => _ = self.holding.fetch_add(1, Relaxed),
            (true, false) => _ = self.holding.fetch_sub(1, Relaxed),
            _ => {}
        }
        admission
    }

    /// Tells what is [overdue](Self::overdue), once a second.
    pub(crate) fn sweep(&self, now: u64, tell: impl FnMut(&'static Metadata<'static>, Held)) {
        let next = self.next_sweep.load(Relaxed);
        // A clock that went back is waited for no longer than this.
        let is_time = now >= next || next - now > SWEEP;
        let set = || {
            (self.next_sweep).compare_exchange(next, now.saturating_add(SWEEP), Relaxed, Relaxed)
        };
        if is_time && set().is_ok() {
            self.overdue(now, tell);
        }
    }

    /// Tells of each call site whose last line is older than repetitions are held back, at a moment in nanoseconds: at the end of
    /// time of all.
    pub(crate) fn overdue(&self, now: u64, mut tell: impl FnMut(&'static Metadata<'static>, Held)) {
        if self.holding.load(Relaxed) == 0 {
            return;
        }
        for slot in &self.slots {
            let overdue = lock(slot).overdue(&self.config, now);
            if let Some((metadata, held)) = overdue {
                self.holding.fetch_sub(1, Relaxed);
                tell(metadata, held);
            }
        }
    }

    fn slot(&self, key: u64) -> Option<MutexGuard<'_, Slot>> {
        // Addresses of what is aligned, which a multiplication spreads.
        let hash = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - SLOTS.ilog2());
        let places = (0..PROBES).map(|probe| (hash as usize + probe) % SLOTS);
        let mut places = places.filter(|place| {
            let owner = &self.keys[*place];
            let known = match owner.load(Relaxed) {
                0 => {
                    (owner.compare_exchange(0, key, Relaxed, Relaxed)).unwrap_or_else(|other| other)
                }
                known => known,
            };
            known == key || known == 0
        });
        places.next().map(|place| lock(&self.slots[place]))
    }
}

fn lock(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Throttle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Throttle").field(&self.config).finish()
    }
}
