use std::{
    fmt,
    str::FromStr,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// So many lines can be in one [`Lines`](crate::Lines).
const BLOCK: u64 = 1 << 24;

/// Names one line among those of all processes.
///
/// A line keeps its id however often it is sent, so that a backend can tell what it has already. Its text is 32 hexadecimal
/// digits, of which lines of one process share the first 16.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineId(u128);

impl LineId {
    /// The first of as many as [`Lines`](crate::Lines) can hold, which are nobody else's.
    pub(crate) fn first() -> Self {
        static PROCESS: OnceLock<u64> = OnceLock::new();
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let process = *PROCESS.get_or_init(|| fastrand::u64(..));
        let first = NEXT.fetch_add(BLOCK, Relaxed);
        Self(u128::from(process) << 64 | u128::from(first))
    }

    /// The one so many lines later.
    pub(crate) fn after(self, lines: u64) -> Self {
        Self(self.0.wrapping_add(lines.into()))
    }
}

impl fmt::Display for LineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for LineId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u128::from_str_radix(text, 16).map(Self)
    }
}
