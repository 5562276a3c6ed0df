//! Attributes, as far as there is room for them.

use std::fmt::Display;

use steeple_core::text;

use crate::value::{
    push_boolean_attribute, push_float_attribute, push_integer_attribute, push_text_attribute,
    push_written_attribute,
};

/// How many bytes of a value are kept.
pub(super) const LONGEST_VALUE: usize = 4_096;
/// How many bytes the attributes of one span or event may have.
const MOST_BYTES: usize = 64 << 10;

/// Attributes that are encoded as they come, each as a field of this number.
#[derive(Debug, Default)]
pub(super) struct Attributes<const FIELD: u32> {
    bytes: Vec<u8>,
    count: u32,
    dropped: u32,
}

impl<const FIELD: u32> Attributes<FIELD> {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes),
            ..Self::default()
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many there was no room for.
    pub(super) fn dropped(&self) -> u32 {
        self.dropped
    }

    pub(super) fn text(&mut self, key: &str, value: &str) {
        let value = text::beginning(value, LONGEST_VALUE);
        self.push(1, |bytes| push_text_attribute(bytes, FIELD, key, value));
    }

    /// Adds what `value` prints.
    pub(super) fn printed(&mut self, key: &str, value: impl Display) {
        self.push(1, |bytes| {
            push_written_attribute(bytes, FIELD, key, |text| {
                text::print(text, format_args!("{value}"), LONGEST_VALUE);
            });
        });
    }

    pub(super) fn boolean(&mut self, key: &str, value: bool) {
        self.push(1, |bytes| push_boolean_attribute(bytes, FIELD, key, value));
    }

    pub(super) fn integer(&mut self, key: &str, value: i64) {
        self.push(1, |bytes| push_integer_attribute(bytes, FIELD, key, value));
    }

    pub(super) fn float(&mut self, key: &str, value: f64) {
        self.push(1, |bytes| push_float_attribute(bytes, FIELD, key, value));
    }

    /// Adds others, all or none.
    pub(super) fn append(&mut self, others: &Self) {
        self.dropped += others.dropped;
        self.push(others.count, |bytes| bytes.extend_from_slice(&others.bytes));
    }

    #[inline]
    fn push(&mut self, count: u32, write: impl FnOnce(&mut Vec<u8>)) {
        let before = self.bytes.len();
        write(&mut self.bytes);
        if self.bytes.len() > MOST_BYTES {
            self.bytes.truncate(before);
            self.dropped += count;
        } else {
            self.count += count;
        }
    }
}
