//! What was written of a batch.

use std::io;

use memchr::memchr;

use crate::{LineId, Lines};

/// How far a batch was written to where a part of a line may be written, so that the rest follows when the batch is tried again
/// and nothing is written twice.
///
/// If another batch comes instead, the rest of the line goes before it: no line is torn by another.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    batch: Option<LineId>,
    item: usize,
    offset: usize,
    /// Of the line that was written in part when a batch was interrupted.
    rest_of_line: Vec<u8>,
}

impl Progress {
    /// Writes what is left of `batch`. What `write` is given begins a line if it is told so; it says how much of that it wrote.
    ///
    /// # Errors
    ///
    /// What `write` failed with; or that it wrote nothing.
    pub(crate) fn write(
        &mut self,
        batch: &[Lines],
        mut write: impl FnMut(&[u8], bool) -> io::Result<usize>,
    ) -> io::Result<()> {
        self.begin(batch);
        while let Some(rest) = self.rest(batch) {
            let begins_line = self.rest_of_line.is_empty() && !self.is_within_line(batch);
            match write(rest, begins_line) {
                Ok(0) => {
                    self.interrupt(batch);
                    return Err(io::ErrorKind::WriteZero.into());
                }
                Ok(written) => self.advance(batch, written),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.interrupt(batch);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Goes back to the beginning of the line that was written in part, since that part is not there any more.
    #[cfg(feature = "rolling")]
    pub(crate) fn rewind_line(&mut self, batch: &[Lines]) {
        self.begin(batch);
        self.rest_of_line.clear();
        if let Some(lines) = batch.get(self.item) {
            let written = &lines.as_bytes()[..self.offset];
            self.offset = memchr::memrchr(b'\n', written).map_or(0, |end| end + 1);
        }
    }

    /// Whether what was written ends within a line.
    #[cfg(feature = "rolling")]
    pub(crate) fn ends_within_line(&self) -> bool {
        !self.rest_of_line.is_empty()
    }

    fn begin(&mut self, batch: &[Lines]) {
        let first = batch.first().map(Lines::first);
        if self.batch != first {
            (self.batch, self.item, self.offset) = (first, 0, 0);
            self.advance(batch, 0);
        } else if self.is_within_line(batch) {
            self.rest_of_line.clear();
        }
    }

    fn rest<'a>(&'a self, batch: &'a [Lines]) -> Option<&'a [u8]> {
        if !self.rest_of_line.is_empty() {
            return Some(&self.rest_of_line);
        }
        let here = batch.get(self.item)?;
        Some(&here.as_bytes()[self.offset..])
    }

    fn advance(&mut self, batch: &[Lines], written: usize) {
        if !self.rest_of_line.is_empty() {
            self.rest_of_line.drain(..written);
            return;
        }
        self.offset += written;
        while let Some(here) = batch.get(self.item)
            && self.offset == here.as_bytes().len()
        {
            (self.item, self.offset) = (self.item + 1, 0);
        }
    }

    /// Whether a part of a line of `batch` was written.
    fn is_within_line(&self, batch: &[Lines]) -> bool {
        let last = self.offset.checked_sub(1);
        let here = batch.get(self.item);
        last.zip(here)
            .is_some_and(|(last, here)| here.as_bytes()[last] != b'\n')
    }

    fn interrupt(&mut self, batch: &[Lines]) {
        if self.rest_of_line.is_empty() && self.is_within_line(batch) {
            let rest = &batch[self.item].as_bytes()[self.offset..];
            let end = memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            self.rest_of_line.extend_from_slice(&rest[..end]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(texts: &[&str]) -> Lines {
        let mut lines = Lines::default();
        texts.iter().for_each(|text| lines.push(text.as_bytes()));
        lines
    }

    /// Takes a number of bytes and then nothing.
    #[derive(Default)]
    struct Disk {
        room: usize,
        written: Vec<u8>,
    }

    impl Disk {
        fn take(&mut self, bytes: &[u8], begins_line: bool) -> io::Result<usize> {
            let at_end = self.written.last().is_none_or(|last| *last == b'\n');
            assert_eq!(begins_line, at_end, "{:?}", self.text());
            let taken = bytes.len().min(self.room).min(3);
            self.room -= taken;
            self.written.extend(&bytes[..taken]);
            if taken == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            Ok(taken)
        }

        fn text(&self) -> String {
            String::from_utf8_lossy(&self.written).into_owned()
        }
    }

    #[test]
    fn wherever_it_is_interrupted_each_byte_is_written_once() {
        let batch = [
            lines(&["one\n", "and two\n"]),
            lines(&[]),
            lines(&["three\n"]),
        ];
        let whole = "one\nand two\nthree\n";
        for first in 0..=whole.len() {
            for second in 0..=whole.len() - first {
                let (mut disk, mut progress) = (Disk::default(), Progress::default());
                for room in [first, second, whole.len()] {
                    disk.room = room;
                    let _ = progress.write(&batch, |bytes, begins| disk.take(bytes, begins));
                }
                assert_eq!(disk.text(), whole, "{first} {second}");
            }
        }
    }

    #[test]
    fn a_batch_that_is_given_up_leaves_no_torn_line() {
        let (given_up, next) = ([lines(&["one\n", "two\n"])], [lines(&["three\n"])]);
        for (first, expected) in [
            (0, "three\n"),
            (2, "one\nthree\n"),
            (4, "one\nthree\n"),
            (5, "one\ntwo\nthree\n"),
        ] {
            for second in 0..3 {
                let (mut disk, mut progress) = (Disk::default(), Progress::default());
                for (batch, room) in [(&given_up, first), (&next, second), (&next, 99)] {
                    disk.room = room;
                    let _ = progress.write(batch, |bytes, begins| disk.take(bytes, begins));
                }
                assert_eq!(disk.text(), expected, "{first} {second}");
            }
        }
    }

    #[cfg(feature = "rolling")]
    #[test]
    fn a_line_whose_beginning_is_gone_is_written_again() {
        let batch = [lines(&["one\n", "two\n"])];
        for (room, expected) in [(2, "one\ntwo\n"), (4, "two\n"), (6, "two\n")] {
            let (mut disk, mut progress) = (Disk::default(), Progress::default());
            disk.room = room;
            let _ = progress.write(&batch, |bytes, begins| disk.take(bytes, begins));
            disk = Disk {
                room: 99,
                written: Vec::new(),
            };
            progress.rewind_line(&batch);
            let _ = progress.write(&batch, |bytes, begins| disk.take(bytes, begins));
            assert_eq!(disk.text(), expected, "{room}");
        }
    }
}
