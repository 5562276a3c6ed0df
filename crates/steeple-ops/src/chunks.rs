use std::sync::{Arc, OnceLock};

use bytes::Bytes;

/// A piece of a body, and the way to those after it.
///
/// A chunk keeps all that follow it, and none before it: what no reader has yet to send is gone.
#[derive(Default)]
pub(crate) struct Chunk {
    pub(crate) bytes: Bytes,
    next: OnceLock<Arc<Self>>,
}

impl Chunk {
    /// The chunk after this one, once it is there.
    pub(crate) fn next(&self) -> Option<&Arc<Self>> {
        self.next.get()
    }

    /// Puts a chunk of these bytes after this one, which is the last.
    pub(crate) fn append(&self, bytes: Bytes) -> &Arc<Self> {
        self.next.get_or_init(|| {
            Arc::new(Self {
                bytes,
                next: OnceLock::new(),
            })
        })
    }
}

/// One after the other: dropping each inside of the one before would take a stack as long as the body.
impl Drop for Chunk {
    fn drop(&mut self) {
        let mut following = self.next.take();
        while let Some(chunk) = following {
            following = Arc::into_inner(chunk).and_then(|mut chunk| chunk.next.take());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_chunks_are_dropped_on_a_small_stack() {
        let first = Arc::<Chunk>::default();
        let mut last = Arc::clone(&first);
        for _ in 0..1_000_000 {
            let next = Arc::clone(last.append(Bytes::from_static(b"x")));
            last = next;
        }
        let end = Arc::downgrade(&last);
        drop(last);

        drop(first);

        assert!(end.upgrade().is_none());
    }

    #[test]
    fn chunks_before_all_readers_are_gone() {
        let first = Arc::<Chunk>::default();
        let second = Arc::clone(first.append(Bytes::from_static(b"a")));
        let third = Arc::clone(second.append(Bytes::from_static(b"b")));
        let gone = Arc::downgrade(&second);
        drop(second);
        assert!(gone.upgrade().is_some());

        drop(first);

        assert!(gone.upgrade().is_none());
        assert_eq!(third.bytes, "b");
    }
}
