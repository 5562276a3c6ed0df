use super::wire::WireType;

/// Fields of `N` bytes at most, written to a message all at once: that checks its room at each write.
pub struct Short<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Short<N> {
    /// What is written so far.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Writes a field of type `bytes`, of less than 128 of them.
    #[inline(always)]
    pub fn push_bytes<const L: usize>(&mut self, field: u32, value: [u8; L]) {
        self.push_key(field, WireType::LengthDelimited);
        self.push([L as u8]);
        self.push(value);
    }

    /// Writes a field of type `uint32` or an enum, of a value less than 128.
    #[inline(always)]
    pub fn push_unsigned(&mut self, field: u32, value: u8) {
        self.push_key(field, WireType::Varint);
        self.push([value & 0x7f]);
    }

    /// Writes a field of type `fixed64`.
    #[inline(always)]
    pub fn push_fixed64(&mut self, field: u32, value: u64) {
        self.push_key(field, WireType::Fixed64);
        self.push(value.to_le_bytes());
    }

    /// Writes a field of type `fixed32`.
    #[inline(always)]
    pub fn push_fixed32(&mut self, field: u32, value: u32) {
        self.push_key(field, WireType::Fixed32);
        self.push(value.to_le_bytes());
    }

    /// Numbers of fields are less than 2,048 here.
    #[inline(always)]
    fn push_key(&mut self, field: u32, wire_type: WireType) {
        let key = field << 3 | wire_type as u32;
        if key < 0x80 {
            self.push([key as u8]);
        } else {
            self.push([key as u8 | 0x80, (key >> 7) as u8]);
        }
    }

    #[inline(always)]
    fn push<const L: usize>(&mut self, part: [u8; L]) {
        self.bytes[self.length..self.length + L].copy_from_slice(&part);
        self.length += L;
    }
}

impl<const N: usize> Default for Short<N> {
    #[inline]
    fn default() -> Self {
        Self {
            bytes: [0; N],
            length: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::*, *};

    #[test]
    fn it_is_what_is_written_field_by_field() {
        let mut short = Short::<33>::default();
        short.push_bytes(1, [7; 8]);
        short.push_unsigned(6, 3);
        short.push_fixed64(7, 0x0102_0304_0506_0708);
        short.push_fixed32(16, 0x0a0b_0c0d);
        let mut message = Vec::new();
        push_bytes(&mut message, 1, &[7; 8]);
        push_unsigned(&mut message, 6, 3);
        push_fixed64(&mut message, 7, 0x0102_0304_0506_0708);
        push_fixed32(&mut message, 16, 0x0a0b_0c0d);
        assert_eq!(short.as_bytes(), message);
    }
}
