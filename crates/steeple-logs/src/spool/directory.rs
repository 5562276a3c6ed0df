use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use metrics::Gauge;

use super::{SpoolError, record, segment::Segment};
use crate::Lines;

/// What the smallest file takes.
const BLOCK: u64 = 4 << 10;
const ENDING: &str = ".lines";

/// The directory of the segments, which is ours for as long as this lives.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    most_bytes: u64,
    state: Mutex<State>,
    gauge: Gauge,
    _lock: File,
}

#[derive(Debug, Default)]
struct State {
    /// The number of the next segment.
    next: u64,
    /// How many there are.
    segments: usize,
    /// What they take together.
    bytes: u64,
    /// A file on its way.
    file: Vec<u8>,
}

/// What an earlier process left.
#[derive(Debug, Default)]
pub(super) struct Left {
    /// The oldest first.
    pub(super) segments: Vec<Segment>,
    /// How many lines were damaged.
    pub(super) damaged: u64,
}

impl Directory {
    pub(super) fn open(
        path: PathBuf,
        most_bytes: u64,
        gauge: Gauge,
    ) -> Result<(Self, Left), SpoolError> {
        match take(&path) {
            Ok(lock) => {
                let directory = Self {
                    path,
                    most_bytes,
                    state: Mutex::default(),
                    gauge,
                    _lock: lock,
                };
                let left = directory.left().map_err(|error| directory.refused(error))?;
                Ok((directory, left))
            }
            Err(TryLockError::WouldBlock) => Err(SpoolError::InUse { directory: path }),
            Err(TryLockError::Error(source)) => Err(SpoolError::Io {
                directory: path,
                source,
            }),
        }
    }

    /// Whether nothing is here.
    pub(super) fn is_empty(&self) -> bool {
        self.state().segments == 0
    }

    /// Has the system keep a batch.
    pub(super) fn append(&self, batch: &[Lines]) -> Result<Segment, SpoolError> {
        let mut state = self.state();
        state.file.clear();
        for (id, line) in batch.iter().flat_map(Lines::iter_with_ids) {
            record::write(id, line, &mut state.file);
        }
        let segment = Segment {
            number: state.next,
            lines: batch.iter().map(Lines::count).sum(),
            bytes: on_disk(state.file.len() as u64),
        };
        if state.bytes.saturating_add(segment.bytes) > self.most_bytes {
            return Err(SpoolError::Full {
                directory: self.path.clone(),
            });
        }
        let path = self.file(segment.number);
        write(&path, &state.file).map_err(|error| {
            // The batch will be written again.
            let _ = fs::remove_file(&path);
            self.refused(error)
        })?;
        state.next += 1;
        self.count(&mut state, segment);
        Ok(segment)
    }

    /// What is in a segment, and how many lines were damaged.
    pub(super) fn read(&self, segment: Segment) -> io::Result<(Vec<Lines>, u64)> {
        fs::read(self.file(segment.number)).map(|bytes| record::read(&bytes))
    }

    /// Removes a segment that was delivered.
    pub(super) fn remove(&self, segment: Segment) {
        let mut state = self.state();
        // One that stays is sent again by the next process.
        let _ = fs::remove_file(self.file(segment.number));
        state.segments -= 1;
        state.bytes -= segment.bytes;
        self.gauge.set(state.bytes as f64);
    }

    /// Counts what is here, and removes what has not one whole line.
    fn left(&self) -> io::Result<Left> {
        let mut numbers = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(ENDING));
            numbers.extend(number.and_then(|number| number.parse::<u64>().ok()));
        }
        numbers.sort_unstable();
        let mut left = Left::default();
        let mut state = self.state();
        for number in numbers {
            let path = self.file(number);
            let bytes = fs::read(&path)?;
            let (lines, damaged) = record::read(&bytes);
            let segment = Segment {
                number,
                lines: lines.iter().map(Lines::count).sum(),
                bytes: on_disk(bytes.len() as u64),
            };
            left.damaged += damaged;
            state.next = number.saturating_add(1);
            if segment.lines == 0 {
                fs::remove_file(path)?;
            } else {
                self.count(&mut state, segment);
                left.segments.push(segment);
            }
        }
        Ok(left)
    }

    fn count(&self, state: &mut State, segment: Segment) {
        state.segments += 1;
        state.bytes += segment.bytes;
        self.gauge.set(state.bytes as f64);
    }

    fn file(&self, number: u64) -> PathBuf {
        self.path.join(format!("{number:020}{ENDING}"))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refused(&self, source: io::Error) -> SpoolError {
        let directory = self.path.clone();
        SpoolError::Io { directory, source }
    }
}

fn on_disk(length: u64) -> u64 {
    length.next_multiple_of(BLOCK).max(BLOCK)
}

/// Makes the directory ours.
fn take(path: &Path) -> Result<File, TryLockError> {
    let lock = fs::create_dir_all(path)
        .and_then(|()| private().truncate(false).open(path.join("lock")))
        .map_err(TryLockError::Error)?;
    lock.try_lock()?;
    Ok(lock)
}

/// As one write, which the system keeps.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = private().truncate(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_data()?;
    sync_parent(path)
}

/// For the owner alone.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// So that the name of a file is kept, too.
fn sync_parent(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(parent) = path.parent() {
        return File::open(parent)?.sync_all();
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}
