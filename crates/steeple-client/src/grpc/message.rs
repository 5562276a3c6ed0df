//! The [messages](https://github.com/grpc/grpc/blob/v1.76.0/doc/PROTOCOL-HTTP2.md#requests) of a call: a byte that says whether
//! one is compressed, four of its length, and itself.

use std::io;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use thiserror::Error;

use crate::Compression;

const PREFIX: usize = 5;

/// What was answered is no message.
#[derive(Debug, Error)]
pub(crate) enum MessageError {
    #[error("its body is not one message of the length that it says")]
    Length,
    #[error("its message cannot be decompressed")]
    Compression(#[from] io::Error),
}

/// The body of a call.
pub(super) fn frame(message: Bytes, compression: Compression) -> io::Result<Bytes> {
    let message = compression.compress(message)?;
    let length = u32::try_from(message.len()).map_err(io::Error::other)?;
    let mut body = BytesMut::with_capacity(PREFIX + message.len());
    body.put_u8(compression.name().is_some().into());
    body.put_u32(length);
    body.put(message);
    Ok(body.freeze())
}

/// The message of an answer, whose header names `encoding`. An answer without a message is an empty one.
pub(super) fn unframe(mut body: Bytes, encoding: Compression) -> Result<Bytes, MessageError> {
    if body.is_empty() {
        return Ok(body);
    }
    if body.len() < PREFIX {
        return Err(MessageError::Length);
    }
    let is_compressed = body.get_u8() != 0;
    if body.get_u32() as usize != body.len() {
        return Err(MessageError::Length);
    }
    if !is_compressed {
        return Ok(body);
    }
    Ok(encoding.decompress(&body)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_its_flag_and_its_length_before_it() {
        let framed = frame(Bytes::from_static(b"spans"), Compression::None).unwrap();
        assert_eq!(framed, &b"\0\0\0\0\x05spans"[..]);
        assert_eq!(unframe(framed, Compression::None).unwrap(), "spans");
        assert_eq!(unframe(Bytes::new(), Compression::None).unwrap(), "");
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for body in [&b"\0\0\0\0"[..], b"\0\0\0\0\x05span", b"\0\0\0\0\x00s"] {
            let refused = unframe(body.into(), Compression::None);
            assert!(matches!(refused, Err(MessageError::Length)), "{refused:?}");
        }
        let compressed = Bytes::from_static(b"\x01\0\0\0\x05spans");
        let refused = unframe(compressed, Compression::None);
        assert!(matches!(refused, Err(MessageError::Compression(_))));
    }

    #[test]
    fn a_compressed_message_is_bounded_by_what_it_becomes() {
        use crate::LARGEST_ANSWER;

        let message = |length| Bytes::from(vec![b'x'; length]);
        let read = |length| {
            let framed = frame(message(length), Compression::Gzip).unwrap();
            assert!(framed.len() < 1_000, "{}", framed.len());
            unframe(framed, Compression::Gzip)
        };
        assert_eq!(read(LARGEST_ANSWER).unwrap(), message(LARGEST_ANSWER));
        let refused = read(LARGEST_ANSWER + 1);
        assert!(matches!(refused, Err(MessageError::Compression(_))));
        let broken = Bytes::from_static(b"\x01\0\0\0\x05spans");
        let refused = unframe(broken, Compression::Gzip);
        assert!(matches!(refused, Err(MessageError::Compression(_))));
    }
}
