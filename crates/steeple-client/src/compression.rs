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

    pub(crate) fn compress(self, body: Bytes) -> io::Result<Bytes> {
        match self {
            Self::None => Ok(body),
            #[cfg(feature = "gzip")]
            Self::Gzip => gzip(&body),
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
