use std::cell::Cell;

use crate::encode::Fields;

/// What a thread makes lines of, used again.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) fields: Fields,
    /// The message, as JSON has it; empty if there is none.
    pub(super) message: Vec<u8>,
    pub(super) record: Record,
    pub(super) text: Vec<u8>,
    pub(super) room: String,
}

/// What a record of the crate `log` tells that is static for events.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) logger: String,
    pub(super) file: String,
    pub(super) line: Option<u64>,
}

/// How much of it a thread keeps.
const KEPT: usize = 256 << 10;

thread_local! {
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

/// Lends it to `f`, empty. What `f` runs may log itself and gets another.
pub(super) fn with_scratch<R>(f: impl FnOnce(&mut Scratch) -> R) -> R {
    let scratch = SCRATCH.try_with(Cell::take).ok().flatten();
    let mut scratch = scratch.unwrap_or_default();
    scratch.fields.clear();
    scratch.message.clear();
    scratch.record.clear();
    let result = f(&mut scratch);
    if scratch.capacity() <= KEPT {
        let _ = SCRATCH.try_with(|kept| kept.set(Some(scratch)));
    }
    result
}

impl Record {
    fn clear(&mut self) {
        self.logger.clear();
        self.file.clear();
        self.line = None;
    }
}

impl Scratch {
    fn capacity(&self) -> usize {
        let record = self.record.logger.capacity() + self.record.file.capacity();
        let texts = self.message.capacity() + self.text.capacity() + self.room.capacity();
        self.fields.capacity() + record + texts
    }
}
