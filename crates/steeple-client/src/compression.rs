use std::io;

use bytes::Bytes;

/// What is done to the bodies of requests. Default: nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// They are sent as they are.
    #[default]
    None,
    /// They are compressed with [gzip](https://www.rfc-editor.org/rfc/rfc1952), at its fastest level, which loses little.
    #[cfg(feature = "gzip")]
    Gzip,
}

impl Compression {
    /// The name of it in a header, if there is anything to say.
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            #[cfg(feature = "gzip")]
            Self::Gzip => Some("gzip"),
        }
    }

    /// The one of this name, if it is known here.
    #[cfg(feature = "grpc")]
    pub(crate) fn named(name: Option<&[u8]>) -> Self {
        match name {
            Some(b"gzip") => Self::Gzip,
            _ => Self::None,
        }
    }

    pub(crate) fn compress(self, body: Bytes) -> io::Result<Bytes> {
        match self {
            Self::None => Ok(body),
            #[cfg(feature = "gzip")]
            Self::Gzip => gzip(&body),
        }
    }

    /// What was compressed, unless it is larger than an answer may be.
    #[cfg(feature = "grpc")]
    pub(crate) fn decompress(self, body: &Bytes) -> io::Result<Bytes> {
        match self {
            Self::None => Err(io::Error::other("it was not asked for")),
            Self::Gzip => gunzip(body),
        }
    }
}

#[cfg(feature = "gzip")]
fn gzip(body: &[u8]) -> io::Result<Bytes> {
    use std::io::Write as _;

    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(body)?;
    encoder.finish().map(Bytes::from)
}

#[cfg(feature = "grpc")]
fn gunzip(body: &[u8]) -> io::Result<Bytes> {
    use std::io::Read as _;

    use crate::LARGEST_ANSWER;

    let mut read = Vec::new();
    let limit = LARGEST_ANSWER as u64 + 1;
    flate2::read::GzDecoder::new(body)
        .take(limit)
        .read_to_end(&mut read)?;
    if read.len() > LARGEST_ANSWER {
        return Err(io::Error::other("it is larger than an answer may be"));
    }
    Ok(read.into())
}
