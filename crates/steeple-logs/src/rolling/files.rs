use std::{
    fs, io,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use memchr::{memchr, memrchr};

use super::{RollingFile, archive::Archives, current::Current, housekeeping::Housekeeping};

/// The files that lines are written to, one after the other.
#[derive(Debug)]
pub(super) struct Files {
    path: PathBuf,
    mode: u32,
    max_bytes: u64,
    every: Option<Duration>,
    archives: Arc<Archives>,
    current: Option<Current>,
    /// The time that the name of the last archive tells.
    archived: SystemTime,
    housekeeping: Housekeeping,
}

impl Files {
    pub(super) fn new(settings: &RollingFile, archives: Arc<Archives>) -> Self {
        Self {
            path: settings.path.clone(),
            mode: settings.mode,
            max_bytes: settings.max_bytes,
            every: settings.every,
            housekeeping: Housekeeping::start(archives.clone()),
            archives,
            current: None,
            archived: SystemTime::UNIX_EPOCH,
        }
    }

    /// Opens the file anew when it is written next.
    pub(super) fn close(&mut self) {
        self.current = None;
    }

    /// Takes in what others did to the file, and says whether that took the end of it away.
    pub(super) fn follow(&mut self) -> io::Result<bool> {
        let Some(current) = &mut self.current else {
            return Ok(false);
        };
        if !current.is_at(&self.path)? {
            self.close();
            return Ok(true);
        }
        Ok(!current.is_whole()?)
    }

    /// Writes some of `bytes`; if they begin a line, to another file if it is time for one.
    pub(super) fn write(&mut self, bytes: &[u8], begins_line: bool) -> io::Result<usize> {
        if !begins_line {
            return self.current()?.write(rest_of_line(bytes));
        }
        let mut fitting = whole_lines(bytes, self.room()?);
        if fitting.is_none() {
            self.rotate()?;
            fitting = whole_lines(bytes, self.max_bytes);
        }
        // A line that has no room in an empty file is written all the same.
        let fitting = fitting.unwrap_or_else(|| rest_of_line(bytes));
        self.current()?.write(fitting)
    }

    fn current(&mut self) -> io::Result<&mut Current> {
        let opened = match self.current.take() {
            Some(current) => current,
            None => Current::open(&self.path, self.mode)?,
        };
        Ok(self.current.insert(opened))
    }

    /// How many bytes the file may take.
    fn room(&mut self) -> io::Result<u64> {
        let (max_bytes, every) = (self.max_bytes, self.every);
        let current = self.current()?;
        let period = |time: SystemTime| {
            let since_1970 = time.duration_since(SystemTime::UNIX_EPOCH);
            every.map(|every| since_1970.unwrap_or_default().as_nanos() / every.as_nanos())
        };
        // An earlier one if the clock was set back.
        if period(current.since) != period(SystemTime::now()) {
            return Ok(0);
        }
        Ok(max_bytes.saturating_sub(current.bytes))
    }

    /// Renames the file, unless it is empty.
    fn rotate(&mut self) -> io::Result<()> {
        let is_empty = self.current()?.bytes == 0;
        self.close();
        if !is_empty {
            let (archive, time) = self.archives.unused(self.archived)?;
            fs::rename(&self.path, archive)?;
            self.archived = time;
            self.housekeeping.added();
        }
        Ok(())
    }
}

/// As many whole lines as have at most `room` bytes; none if that is not enough for the first.
fn whole_lines(bytes: &[u8], room: u64) -> Option<&[u8]> {
    let room = usize::try_from(room).unwrap_or(usize::MAX);
    if bytes.len() <= room {
        return Some(bytes);
    }
    memrchr(b'\n', &bytes[..room]).map(|end| &bytes[..=end])
}

fn rest_of_line(bytes: &[u8]) -> &[u8] {
    memchr(b'\n', bytes).map_or(bytes, |end| &bytes[..=end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_whole() {
        assert_eq!(whole_lines(b"a\nbc\n", 5), Some(&b"a\nbc\n"[..]));
        assert_eq!(whole_lines(b"a\nbc\n", 4), Some(&b"a\n"[..]));
        assert_eq!(whole_lines(b"a\nbc\n", 2), Some(&b"a\n"[..]));
        assert_eq!(whole_lines(b"a\nbc\n", 1), None);
        assert_eq!(whole_lines(b"a\nbc\n", 0), None);
        assert_eq!(rest_of_line(b"a\nbc\n"), b"a\n");
    }
}
