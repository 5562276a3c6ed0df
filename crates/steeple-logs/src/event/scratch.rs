use std::cell::Cell;

use crate::encode::Fields;

/// What a thread makes lines of, used again.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) fields: Fields,
    /// Who logs, where that is not static.
    pub(super) logger: String,
    pub(super) text: Vec<u8>,
    pub(super) room: String,
}

/// How much of it a thread keeps.
const KEPT: usize = 256 << 10;

thread_local! {
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

/// Lends it to `f`, empty. What `f` runs may log itself and gets another.
pub(super) fn with_scratch<R>(f: impl FnOnce(&mut Scratch) -> R) -> R {
    let mut scratch = SCRATCH
        .try_with(Cell::take)
        .ok()
        .flatten()
        .unwrap_or_default();
    scratch.fields.clear();
    scratch.logger.clear();
    let result = f(&mut scratch);
    if scratch.fields.capacity() + scratch.text.capacity() + scratch.room.capacity() <= KEPT {
        let _ = SCRATCH.try_with(|kept| kept.set(Some(scratch)));
    }
    result
}
