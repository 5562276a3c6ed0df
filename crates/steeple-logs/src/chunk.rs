//! The memory of lines.

use std::sync::{Arc, Mutex, PoisonError};

/// The memory of one: what lines take of a queue's limits, however few they are.
pub(crate) const CHUNK: usize = 16 << 10;

/// So many are kept while nobody uses them: as many as two batches have.
const SPARE: usize = 32;

/// Memory for lines, used again and again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chunks(Arc<Mutex<Vec<Vec<u8>>>>);

impl Chunks {
    /// An empty one for `bytes` and more.
    pub(crate) fn take(&self, bytes: usize) -> Chunk {
        let spare = match bytes <= CHUNK {
            true => self.spare(Vec::pop),
            false => None,
        };
        Chunk {
            bytes: spare.unwrap_or_else(|| Vec::with_capacity(bytes.max(CHUNK))),
            home: Some(self.clone()),
        }
    }

    fn put(&self, mut bytes: Vec<u8>) {
        bytes.clear();
        // What is left over is freed without the lock.
        let _surplus = self.spare(|spare| {
            if spare.len() < SPARE && bytes.capacity() == CHUNK {
                spare.push(bytes);
                None
            } else {
                Some(bytes)
            }
        });
    }

    fn spare<R>(&self, f: impl FnOnce(&mut Vec<Vec<u8>>) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Bytes whose memory goes back to where it came from.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    pub(crate) bytes: Vec<u8>,
    home: Option<Chunks>,
}

impl Clone for Chunk {
    fn clone(&self) -> Self {
        Self {
            bytes: self.bytes.clone(),
            home: None,
        }
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        if let Some(home) = self.home.take() {
            home.put(std::mem::take(&mut self.bytes));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_used_again_unless_it_is_of_another_size() {
        let chunks = Chunks::default();
        let first = chunks.take(10);
        let address = first.bytes.as_ptr();
        drop(first);
        let mut again = chunks.take(CHUNK);
        assert_eq!(again.bytes.as_ptr(), address);
        again.bytes.extend_from_slice(b"left over");
        drop((again, chunks.take(CHUNK + 1)));
        assert_eq!(chunks.spare(|spare| spare.len()), 1);
        assert_eq!(chunks.take(1).bytes, b"");
    }

    #[test]
    fn no_more_is_kept_than_batches_need() {
        let chunks = Chunks::default();
        let many: Vec<Chunk> = (0..2 * SPARE).map(|_| chunks.take(1)).collect();
        drop(many);
        assert_eq!(chunks.spare(|spare| spare.len()), SPARE);
    }
}
