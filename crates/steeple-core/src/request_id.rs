//! The id that ties a response to its log lines, traces and error reports.

use std::{
    cell::RefCell,
    fmt,
    hash::{Hash, Hasher},
};

use bytes::{Bytes, BytesMut};

use crate::hex;

/// How long an inbound id may be.
const LONGEST: usize = 64;
/// An own id: 128 random bits in hex.
const OWN: usize = 32;
/// One slab holds 256 own ids. A response that lives long keeps one slab alive, no more.
const SLAB: usize = 256 * OWN;

/// The id of one request: the caller's if it sent an acceptable `x-request-id`, a fresh random one otherwise.
#[derive(Clone, Copy)]
pub struct RequestId {
    /// What follows the id is left from another.
    text: [u8; LONGEST],
    length: u8,
}

impl RequestId {
    /// Takes over an inbound id if it matches `[A-Za-z0-9._-]{1,64}`.
    #[must_use]
    pub fn accept(value: &[u8]) -> Option<Self> {
        let mut id = Self::EMPTY;
        id.replace(value).then_some(id)
    }

    /// Becomes an inbound id if that is acceptable.
    pub(crate) fn replace(&mut self, value: &[u8]) -> bool {
        let acceptable = (1..=LONGEST).contains(&value.len()) && is_plain(value);
        if acceptable {
            self.set(value);
        }
        acceptable
    }

    /// Makes a random id of 32 lower-case hex digits.
    #[must_use]
    pub fn random() -> Self {
        let mut id = Self::EMPTY;
        id.set(&hex::encode::<OWN>(fastrand::u128(..)));
        id
    }

    const EMPTY: Self = Self {
        text: [0; LONGEST],
        length: 0,
    };

    #[inline]
    fn set(&mut self, value: &[u8]) {
        self.text[..value.len()].copy_from_slice(value);
        self.length = value.len() as u8;
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The id as ASCII bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.text[..usize::from(self.length)]
    }

    /// The id as shared bytes, for a header value: ids are carved from slabs, so that most cost no allocation.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        carve(self.as_bytes())
    }
}

impl PartialEq for RequestId {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for RequestId {}

impl Hash for RequestId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

/// Whether all of `text` is `[A-Za-z0-9._-]`.
#[inline]
fn is_plain(text: &[u8]) -> bool {
    // Of a fixed length the check has no branches, and the compiler makes vectors of it.
    let all = |block: &[u8; 16]| {
        block
            .iter()
            .fold(true, |plain, byte| plain & is_plain_byte(*byte))
    };
    match text.last_chunk() {
        // The last block overlaps the one before it, so that nothing is left over.
        Some(last) => text.as_chunks().0.iter().all(all) && all(last),
        None => text.iter().all(|byte| is_plain_byte(*byte)),
    }
}

#[inline]
fn is_plain_byte(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    // All of them but the slash, in one range.
    let other = byte.wrapping_sub(b'-') <= b'9' - b'-' && byte != b'/';
    letter | other | (byte == b'_')
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({self})")
    }
}

/// Copies `text` into this thread's slab; a slab whose ids are all gone is used again.
fn carve(text: &[u8]) -> Bytes {
    thread_local! {
        static CURRENT: RefCell<BytesMut> = RefCell::new(BytesMut::new());
    }
    CURRENT
        .try_with(|slab| {
            let mut slab = slab.borrow_mut();
            if slab.capacity() < text.len() && !slab.try_reclaim(SLAB) {
                *slab = BytesMut::with_capacity(SLAB);
            }
            slab.extend_from_slice(text);
            slab.split().freeze()
        })
        .unwrap_or_else(|_| Bytes::copy_from_slice(text))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn only_short_plain_ids_are_accepted() {
        for good in ["a", "A-Z_0.9", &"x".repeat(64)] {
            assert_eq!(RequestId::accept(good.as_bytes()).unwrap().as_str(), good);
        }
        for bad in [
            "",
            " a",
            "a b",
            "a\r\nb",
            "ä",
            "a/b",
            "<script>",
            &"x".repeat(65),
        ] {
            assert_eq!(RequestId::accept(bad.as_bytes()), None, "{bad:?}");
        }
    }

    #[test]
    fn random_ids_are_hex_and_differ_over_many_slabs() {
        let ids: HashSet<_> = (0..10_000).map(|_| RequestId::random()).collect();
        assert_eq!(ids.len(), 10_000);
        assert!(
            ids.iter().all(|id| id.as_str().len() == OWN
                && RequestId::accept(id.as_str().as_bytes()).is_some())
        );
    }
}
