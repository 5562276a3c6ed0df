use std::{hash::BuildHasher, sync::LazyLock};

use foldhash::fast::RandomState;

/// A number for parts of a text. Who does not know the process cannot find others that have the same.
pub(crate) fn digest(parts: &[&[u8]]) -> u64 {
    static STATE: LazyLock<RandomState> = LazyLock::new(RandomState::default);
    STATE.hash_one(parts)
}
