//! What is logged, on its way to where it is written.

use steeple_core::pipeline::{Absorb, Weigh};

use crate::{LineId, chunk::Chunk};

/// Whole lines behind one another, each with its end and its id.
///
/// They travel through a [pipeline](steeple_core::pipeline), of which whatever writes them is the
/// [`Exporter`](steeple_core::pipeline::Exporter).
#[derive(Clone, Debug)]
pub struct Lines {
    chunk: Chunk,
    count: u64,
    first: LineId,
}

impl Default for Lines {
    fn default() -> Self {
        Self::beginning_with(LineId::first())
    }
}

impl Lines {
    /// None, of which the first will have this id, and each later one the next.
    pub(crate) fn beginning_with(first: LineId) -> Self {
        Self {
            chunk: Chunk::default(),
            count: 0,
            first,
        }
    }

    /// One line of these parts, in memory that is used again.
    pub(crate) fn of_parts(chunk: Chunk, parts: &[&[u8]]) -> Self {
        let mut lines = Self {
            chunk,
            ..Self::default()
        };
        lines.push_parts(parts);
        lines
    }

    /// Adds a line, which ends with its only line feed.
    pub fn push(&mut self, line: &[u8]) {
        debug_assert_eq!(
            memchr_end(line),
            Some(line.len() - 1),
            "one line with its end"
        );
        self.push_parts(&[line]);
    }

    pub(crate) fn push_parts(&mut self, parts: &[&[u8]]) {
        for part in parts {
            self.chunk.bytes.extend_from_slice(part);
        }
        self.count += 1;
    }

    /// All of them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.chunk.bytes
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Each of them, with its end.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.chunk.bytes.split_inclusive(|byte| *byte == b'\n')
    }

    /// Each of them, with its id.
    pub fn iter_with_ids(&self) -> impl Iterator<Item = (LineId, &[u8])> {
        (0..).map(|index| self.first.after(index)).zip(self.iter())
    }

    /// The id of one that would be pushed.
    #[cfg(feature = "spool")]
    pub(crate) fn next(&self) -> LineId {
        self.first.after(self.count)
    }

    /// The id of the first.
    pub(crate) fn first(&self) -> LineId {
        self.first
    }

    /// Removes them and keeps their memory.
    pub fn clear(&mut self) {
        self.chunk.bytes.clear();
        self.count = 0;
        self.first = LineId::first();
    }
}

impl Weigh for Lines {
    fn heap_bytes(&self) -> usize {
        self.chunk.bytes.capacity()
    }

    fn count(&self) -> u64 {
        self.count
    }
}

/// Of one line, whose last part ends it.
impl Absorb<[&[u8]]> for Lines {
    fn absorb(&mut self, parts: &[&[u8]]) -> bool {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let bytes = &self.chunk.bytes;
        let room = bytes.capacity() - bytes.len() >= length;
        if room {
            self.push_parts(parts);
        }
        room
    }
}

fn memchr_end(line: &[u8]) -> Option<usize> {
    line.iter().position(|byte| *byte == b'\n')
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_line_has_an_id_of_its_own_which_its_text_tells() {
        let mut ids = HashSet::new();
        let mut lines = Lines::default();
        for _ in 0..2 {
            lines.push(b"a\n");
            lines.push(b"b\n");
            let mut other = Lines::default();
            other.push(b"c\n");
            for (id, _) in lines.iter_with_ids().chain(other.iter_with_ids()) {
                assert_eq!(id.to_string().parse(), Ok(id));
                assert_eq!(id.to_string().len(), 32);
                ids.insert(id);
            }
            lines.clear();
        }
        assert_eq!(ids.len(), 6);
    }
}
