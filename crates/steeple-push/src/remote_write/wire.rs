//! The [wire format](https://protobuf.dev/programming-guides/encoding/) of protocol buffers.

/// How a field's value is laid out.
#[derive(Clone, Copy)]
enum WireType {
    Varint = 0,
    Fixed64 = 1,
    LengthDelimited = 2,
}

pub(super) fn push_varint(message: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        message.push(value as u8 | 0x80);
        value >>= 7;
    }
    message.push(value as u8);
}

/// Writes a field of type `uint32`, `uint64`, `int64` or an enum.
pub(super) fn push_integer(message: &mut Vec<u8>, field: u32, value: u64) {
    push_key(message, field, WireType::Varint);
    push_varint(message, value);
}

pub(super) fn push_double(message: &mut Vec<u8>, field: u32, value: f64) {
    push_key(message, field, WireType::Fixed64);
    message.extend_from_slice(&value.to_le_bytes());
}

pub(super) fn push_string(message: &mut Vec<u8>, field: u32, value: &str) {
    push_key(message, field, WireType::LengthDelimited);
    push_varint(message, value.len() as u64);
    message.extend_from_slice(value.as_bytes());
}

/// Writes a field whose value is a message, or many numbers, as `content` writes it.
pub(super) fn push_nested(message: &mut Vec<u8>, field: u32, content: impl FnOnce(&mut Vec<u8>)) {
    push_key(message, field, WireType::LengthDelimited);
    let start = message.len();
    content(message);
    let end = message.len();
    push_varint(message, (end - start) as u64);
    let length_bytes = message.len() - end;
    message[start..].rotate_right(length_bytes);
}

/// A `sint32` or `sint64` as a varint: small also where it is negative.
pub(super) fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn push_key(message: &mut Vec<u8>, field: u32, wire_type: WireType) {
    push_varint(message, u64::from(field << 3 | wire_type as u32));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut message = vec![7];
        write(&mut message);
        message.split_off(1)
    }

    #[test]
    fn fields_are_encoded_as_the_guide_shows() {
        assert_eq!(written(|m| push_integer(m, 1, 150)), [0x08, 0x96, 0x01]);
        assert_eq!(
            written(|m| push_string(m, 2, "testing")),
            b"\x12\x07testing"
        );
        assert_eq!(
            written(|m| push_nested(m, 3, |m| push_integer(m, 1, 150))),
            [0x1a, 0x03, 0x08, 0x96, 0x01]
        );
        assert_eq!(
            written(|m| push_double(m, 16, 1.0)),
            [0x81, 0x01, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]
        );
        let varint = written(|m| push_varint(m, u64::MAX));
        assert_eq!(varint, [[0xff; 9].as_slice(), &[1]].concat());
    }

    #[test]
    fn signs_alternate() {
        for (signed, unsigned) in [(0, 0), (-1, 1), (1, 2), (-2, 3), (i64::MIN, u64::MAX)] {
            assert_eq!(zigzag(signed), unsigned);
        }
    }

    #[test]
    fn a_long_message_has_its_length_before_it() {
        let text = "x".repeat(300);
        let nested = written(|m| push_nested(m, 1, |m| m.extend_from_slice(text.as_bytes())));
        assert_eq!(nested[..3], [0x0a, 0xac, 0x02]);
        assert_eq!(&nested[3..], text.as_bytes());
    }
}
