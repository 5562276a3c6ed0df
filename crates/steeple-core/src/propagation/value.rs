//! A header value that is put together without an allocation.

use super::parent::Parent;
use crate::hex;

/// The longest values are those of X-Ray and `server-timing`.
const LONGEST: usize = 80;

/// A short text of ASCII.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Value {
    pub(super) const EMPTY: Self = Self {
        bytes: [0; LONGEST],
        length: 0,
    };

    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }

    pub(super) fn text(mut self, text: &str) -> Self {
        self.push(text.as_bytes());
        self
    }

    /// Adds `N` digits.
    pub(super) fn hex<const N: usize>(mut self, number: u128) -> Self {
        self.push(&hex::encode::<N>(number));
        self
    }

    /// Adds both ids in hex.
    pub(super) fn ids(self, span: &Parent, separator: &str) -> Self {
        self.hex::<32>(span.trace())
            .text(separator)
            .hex::<16>(span.span().into())
    }

    pub(super) fn decimal(mut self, mut number: u64) -> Self {
        let mut digits = [0; 20];
        let mut start = digits.len();
        loop {
            start -= 1;
            digits[start] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.push(&digits[start..]);
        self
    }

    /// What does not fit is left out.
    fn push(&mut self, part: &[u8]) {
        let end = self.length + part.len();
        if let Some(room) = self.bytes.get_mut(self.length..end) {
            room.copy_from_slice(part);
            self.length = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_put_together() {
        let value = Value::EMPTY.text("a=").hex::<4>(0xabc).text(";").decimal(0);
        assert_eq!(value.as_str(), "a=0abc;0");
        let most = Value::EMPTY.decimal(u64::MAX);
        assert_eq!(most.as_str(), u64::MAX.to_string());
    }

    #[test]
    fn a_part_that_does_not_fit_is_left_out() {
        let full = Value::EMPTY.text(&"x".repeat(LONGEST));
        assert_eq!(full.text("y").as_str(), "x".repeat(LONGEST));
    }
}
