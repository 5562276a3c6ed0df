use std::io::{self, Write};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};

use crate::encoding::Encoding;

/// Compresses a body chunk by chunk, in constant memory.
pub(crate) enum Encoder {
    #[cfg(feature = "zstd")]
    Zstd(Box<zstd::stream::write::Encoder<'static, Vec<u8>>>),
    Gzip(Box<GzEncoder<Vec<u8>>>),
    Identity,
}

impl Encoder {
    /// At the fastest level of each, which loses little: docs/adr/0009-gzip-always-zstd-on-request.md.
    pub(crate) fn new(encoding: Encoding) -> io::Result<Self> {
        Ok(match encoding {
            #[cfg(feature = "zstd")]
            Encoding::Zstd => {
                Self::Zstd(Box::new(zstd::stream::write::Encoder::new(Vec::new(), 1)?))
            }
            Encoding::Gzip => Self::Gzip(Box::new(GzEncoder::new(Vec::new(), Compression::fast()))),
            Encoding::Identity => Self::Identity,
        })
    }

    /// What there is to send once `chunk` is added, which may be nothing yet.
    pub(crate) fn encode(&mut self, chunk: Vec<u8>) -> io::Result<Bytes> {
        match self {
            #[cfg(feature = "zstd")]
            Self::Zstd(encoder) => {
                encoder.write_all(&chunk)?;
                Ok(taken(encoder.get_mut()))
            }
            Self::Gzip(encoder) => {
                encoder.write_all(&chunk)?;
                Ok(taken(encoder.get_mut()))
            }
            Self::Identity => Ok(chunk.into()),
        }
    }

    /// What there is to send at the end.
    pub(crate) fn finish(self) -> io::Result<Bytes> {
        match self {
            #[cfg(feature = "zstd")]
            Self::Zstd(encoder) => encoder.finish().map(Bytes::from),
            Self::Gzip(encoder) => encoder.finish().map(Bytes::from),
            Self::Identity => Ok(Bytes::new()),
        }
    }
}

/// Leaves the memory where it is, so that what is sent takes no more than its length.
fn taken(compressed: &mut Vec<u8>) -> Bytes {
    let bytes = Bytes::copy_from_slice(compressed);
    compressed.clear();
    bytes
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    /// Like an exposition, of `lines` lines.
    fn text(lines: usize) -> Vec<u8> {
        let lines = (0..lines).map(|line| format!("orders_total{{shop=\"{line}\"}} {line}\n"));
        lines.collect::<String>().into_bytes()
    }

    fn encoded(encoding: Encoding, text: &[u8]) -> Vec<Bytes> {
        let mut encoder = Encoder::new(encoding).unwrap();
        let chunks = text.chunks(16 * 1_024);
        let mut encoded: Vec<_> = chunks
            .map(|chunk| encoder.encode(chunk.to_vec()).unwrap())
            .collect();
        encoded.push(encoder.finish().unwrap());
        encoded
    }

    #[test]
    fn gzip_is_read_back_and_comes_while_it_is_made() {
        let text = text(100_000);

        let chunks = encoded(Encoding::Gzip, &text);

        let first = chunks.iter().position(|chunk| !chunk.is_empty());
        assert!(first.is_some_and(|first| first < 16), "{first:?}");
        let bytes = chunks.concat();
        assert!(bytes.len() < text.len() / 4, "{}", bytes.len());
        let mut read = Vec::new();
        let mut decoder = flate2::read::GzDecoder::new(&*bytes);
        decoder.read_to_end(&mut read).unwrap();
        assert!(read == text);
    }

    #[cfg(feature = "zstd")]
    #[test]
    fn zstd_is_read_back_and_comes_while_it_is_made() {
        let text = text(100_000);

        let chunks = encoded(Encoding::Zstd, &text);

        let first = chunks.iter().position(|chunk| !chunk.is_empty());
        assert!(first.is_some_and(|first| first < 64), "{first:?}");
        let bytes = chunks.concat();
        assert!(bytes.len() < text.len() / 4, "{}", bytes.len());
        assert!(zstd::stream::decode_all(&*bytes).unwrap() == text);
    }

    #[test]
    fn what_is_not_compressed_is_not_copied() {
        let text = text(1);
        let address = text.as_ptr();

        let mut encoder = Encoder::new(Encoding::Identity).unwrap();

        assert_eq!(encoder.encode(text).unwrap().as_ptr(), address);
        assert!(encoder.finish().unwrap().is_empty());
    }
}
