//! Reads messages of [protocol buffers](https://protobuf.dev/programming-guides/encoding/): our own, to write them as JSON, and
//! the short ones that backends answer.

/// What stands behind the key of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Content<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32(u32),
}

/// The fields of a message and their numbers, until its end or until what is no field.
#[derive(Clone)]
pub(crate) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn of(message: &'a [u8]) -> Self {
        Self(message)
    }

    fn field(&mut self) -> Option<(u32, Content<'a>)> {
        let key = self.varint()?;
        let content = match key & 7 {
            0 => Content::Varint(self.varint()?),
            1 => Content::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Content::Bytes(self.split(length)?)
            }
            5 => Content::Fixed32(u32::from_le_bytes(self.array()?)),
            _ => return None,
        };
        Some((u32::try_from(key >> 3).ok()?, content))
    }

    pub(crate) fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.array::<1>()?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.split(N)?.try_into().ok()
    }

    fn split(&mut self, length: usize) -> Option<&'a [u8]> {
        let (content, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(content)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u32, Content<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.field()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use steeple_metrics::protobuf::{push_fixed32, push_fixed64, push_string, push_unsigned};

    use super::*;

    #[test]
    fn fields_are_read_as_they_were_written() {
        let mut message = Vec::new();
        push_unsigned(&mut message, 1, u64::MAX);
        push_fixed64(&mut message, 2, 7);
        push_string(&mut message, 300, "text");
        push_fixed32(&mut message, 4, 9);
        let written = [
            (1, Content::Varint(u64::MAX)),
            (2, Content::Fixed64(7)),
            (300, Content::Bytes(b"text")),
            (4, Content::Fixed32(9)),
        ];
        assert_eq!(Fields::of(&message).collect::<Vec<_>>(), written);
        for length in 0..message.len() {
            let read: Vec<_> = Fields::of(&message[..length]).collect();
            assert!(written.starts_with(&read) && read.len() < written.len());
        }
        assert_eq!(Fields::of(&[0xff; 20]).next(), None);
    }

    proptest! {
        #[test]
        fn whatever_is_no_message_ends(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Fields::of(&bytes).count() <= bytes.len());
        }
    }
}
