//! The [wire format](https://protobuf.dev/programming-guides/encoding/) of protocol buffers.

/// How a field's value is laid out.
#[derive(Clone, Copy)]
pub(super) enum WireType {
    Varint = 0,
    Fixed64 = 1,
    LengthDelimited = 2,
    Fixed32 = 5,
}

/// Writes a number in as few bytes as it takes.
#[inline]
pub fn push_varint(message: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        message.push(value as u8 | 0x80);
        value >>= 7;
    }
    message.push(value as u8);
}

/// Writes a field of type `uint32`, `uint64` or an enum; or `int64`, whose bits `value` has.
#[inline]
pub fn push_unsigned(message: &mut Vec<u8>, field: u32, value: u64) {
    push_key(message, field, WireType::Varint);
    push_varint(message, value);
}

/// Writes a field of type `sint32` or `sint64`.
#[inline]
pub fn push_signed(message: &mut Vec<u8>, field: u32, value: i64) {
    push_key(message, field, WireType::Varint);
    push_zigzag(message, value);
}

/// Writes a value of type `sint32` or `sint64`.
pub(super) fn push_zigzag(message: &mut Vec<u8>, value: i64) {
    push_varint(message, zigzag(value));
}

/// Writes a field of type `double`.
#[inline]
pub fn push_double(message: &mut Vec<u8>, field: u32, value: f64) {
    push_fixed64(message, field, value.to_bits());
}

/// Writes a field of type `fixed64`; or `sfixed64`, whose bits `value` has.
#[inline]
pub fn push_fixed64(message: &mut Vec<u8>, field: u32, value: u64) {
    push_key(message, field, WireType::Fixed64);
    message.extend_from_slice(&value.to_le_bytes());
}

/// Writes a field of type `fixed32`.
#[inline]
pub fn push_fixed32(message: &mut Vec<u8>, field: u32, value: u32) {
    push_key(message, field, WireType::Fixed32);
    message.extend_from_slice(&value.to_le_bytes());
}

/// Writes a field of type `string`.
#[inline]
pub fn push_string(message: &mut Vec<u8>, field: u32, value: &str) {
    push_bytes(message, field, value.as_bytes());
}

/// Writes a field of type `bytes`, or a message that is encoded already.
#[inline]
pub fn push_bytes(message: &mut Vec<u8>, field: u32, value: &[u8]) {
    push_key(message, field, WireType::LengthDelimited);
    push_varint(message, value.len() as u64);
    message.extend_from_slice(value);
}

/// Writes a field whose length is that of what `content` writes: a message, many numbers, or a
/// string that is made on the way.
#[inline]
pub fn push_nested(message: &mut Vec<u8>, field: u32, content: impl FnOnce(&mut Vec<u8>)) {
    push_key(message, field, WireType::LengthDelimited);
    let start = message.len();
    // Most lengths take one byte; for a longer one the content moves.
    message.push(0);
    content(message);
    let length = message.len() - start - 1;
    if length < 0x80 {
        message[start] = length as u8;
        return;
    }
    message.remove(start);
    let end = message.len();
    push_varint(message, length as u64);
    let length_bytes = message.len() - end;
    message[start..].rotate_right(length_bytes);
}

/// [`push_nested`] of what has 128 to 16,383 bytes most often: only else the content moves.
#[inline]
pub fn push_long(message: &mut Vec<u8>, field: u32, content: impl FnOnce(&mut Vec<u8>)) {
    push_key(message, field, WireType::LengthDelimited);
    let start = message.len();
    message.extend_from_slice(&[0; 2]);
    content(message);
    let length = message.len() - start - 2;
    if (0x80..0x4000).contains(&length) {
        message[start] = length as u8 | 0x80;
        message[start + 1] = (length >> 7) as u8;
    } else {
        let end = message.len();
        push_varint(message, length as u64);
        let length_bytes = message.len() - end;
        message[start + 2..].rotate_right(length_bytes);
        message.drain(start..start + 2);
    }
}

#[inline]
fn push_key(message: &mut Vec<u8>, field: u32, wire_type: WireType) {
    push_varint(message, u64::from(field << 3 | wire_type as u32));
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut message = Vec::new();
        write(&mut message);
        message
    }

    #[test]
    fn fields_are_encoded_as_the_guide_shows() {
        assert_eq!(written(|m| push_unsigned(m, 1, 150)), [0x08, 0x96, 0x01]);
        assert_eq!(
            written(|m| push_string(m, 2, "testing")),
            b"\x12\x07testing"
        );
        assert_eq!(
            written(|m| push_nested(m, 3, |m| push_unsigned(m, 1, 150))),
            [0x1a, 0x03, 0x08, 0x96, 0x01]
        );
        assert_eq!(
            written(|m| push_double(m, 16, 1.0)),
            [0x81, 0x01, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]
        );
        assert_eq!(
            written(|m| push_fixed64(m, 1, 0x0102)),
            [0x09, 2, 1, 0, 0, 0, 0, 0, 0]
        );
        assert_eq!(written(|m| push_fixed32(m, 1, 0x0102)), [0x0d, 2, 1, 0, 0]);
        assert_eq!(
            written(|m| push_bytes(m, 2, &[0, 0xff])),
            [0x12, 2, 0, 0xff]
        );
        let varint = written(|m| push_varint(m, u64::MAX));
        assert_eq!(varint, [[0xff; 9].as_slice(), &[1]].concat());
    }

    #[test]
    fn signs_alternate() {
        let cases = [
            (0, 0),
            (-1, 1),
            (1, 2),
            (-2, 3),
            (i64::MAX, u64::MAX - 1),
            (i64::MIN, u64::MAX),
        ];
        for (signed, unsigned) in cases {
            assert_eq!(zigzag(signed), unsigned);
        }
    }

    #[test]
    fn a_long_message_has_its_length_before_it() {
        let text = "x".repeat(300);
        let nested = written(|m| {
            m.push(7);
            push_nested(m, 1, |m| m.extend_from_slice(text.as_bytes()));
        });
        assert_eq!(nested[..4], [7, 0x0a, 0xac, 0x02]);
        assert_eq!(&nested[4..], text.as_bytes());
    }

    #[test]
    fn what_is_expected_to_be_long_is_written_alike() {
        for length in [0, 1, 127, 128, 300, 16_383, 16_384, 70_000] {
            let text = Vec::from_iter((0..length).map(|place| place as u8));
            let content = |m: &mut Vec<u8>| m.extend_from_slice(&text);
            let expected = written(|m| push_nested(m, 2, content));
            assert_eq!(written(|m| push_long(m, 2, content)), expected, "{length}");
        }
    }
}
