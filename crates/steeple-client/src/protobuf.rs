//! Reads messages of [protocol buffers](https://protobuf.dev/programming-guides/encoding/): the short ones that backends answer,
//! and for exporters their own.

/// What stands behind the key of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Content<'a> {
    /// A number of a variable length.
    Varint(u64),
    /// 8 bytes.
    Fixed64(u64),
    /// A text, bytes or a message.
    Bytes(&'a [u8]),
    /// 4 bytes.
    Fixed32(u32),
}

/// The fields of a message and their numbers, until its end or until what is no field.
#[derive(Clone, Debug)]
pub struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// Those of a message.
    #[must_use]
    pub fn of(message: &'a [u8]) -> Self {
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

    /// The next number of a packed field.
    pub fn varint(&mut self) -> Option<u64> {
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

    /// The next bytes of a packed field.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
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
    use prost::Message;

    use super::*;

    #[derive(Message)]
    struct Everything {
        #[prost(uint64, tag = "1")]
        varint: u64,
        #[prost(fixed64, tag = "2")]
        fixed64: u64,
        #[prost(fixed32, tag = "4")]
        fixed32: u32,
        #[prost(string, tag = "300")]
        text: String,
    }

    #[test]
    fn fields_are_read_as_they_were_written() {
        let message = Everything {
            varint: u64::MAX,
            fixed64: 7,
            fixed32: 9,
            text: "text".to_owned(),
        }
        .encode_to_vec();
        let written = [
            (1, Content::Varint(u64::MAX)),
            (2, Content::Fixed64(7)),
            (4, Content::Fixed32(9)),
            (300, Content::Bytes(b"text")),
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
