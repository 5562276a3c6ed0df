//! What is logged, on its way to where it is written.

use steeple_core::pipeline::Weigh;

/// Whole lines behind one another, each with its end.
///
/// They travel through a [pipeline](steeple_core::pipeline), of which whatever writes them is the
/// [`Exporter`](steeple_core::pipeline::Exporter).
#[derive(Clone, Debug, Default)]
pub struct Lines {
    bytes: Vec<u8>,
    count: u64,
}

impl Lines {
    /// Adds a line, which ends with its only line feed.
    pub fn push(&mut self, line: &[u8]) {
        debug_assert_eq!(
            memchr_end(line),
            Some(line.len() - 1),
            "one line with its end"
        );
        self.bytes.extend_from_slice(line);
        self.count += 1;
    }

    /// All of them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Each of them, with its end.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.split_inclusive(|byte| *byte == b'\n')
    }

    /// Removes them and keeps their memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.count = 0;
    }
}

impl Weigh for Lines {
    fn heap_bytes(&self) -> usize {
        self.bytes.capacity()
    }

    fn count(&self) -> u64 {
        self.count
    }
}

fn memchr_end(line: &[u8]) -> Option<usize> {
    line.iter().position(|byte| *byte == b'\n')
}
