use std::{
    borrow::Cow,
    ffi::OsString,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use super::{JournalError, Troubles, record::Record, recovery};
use crate::{Group, groups::Groups, lock};

/// The pause between attempts to write a file that could not be written.
const PAUSE: Duration = Duration::from_secs(5);

/// What groups are written to as they are counted, and written anew, shorter, once it has grown.
///
/// What was appended survives the end of the process however it comes; it survives that of the machine once the file was
/// written anew or [synced](Self::sync).
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    /// Up to which size it is not written anew.
    most_bytes: u64,
    /// Held for as long as the file is ours.
    lock: Option<File>,
    /// None if it is behind the groups.
    file: Option<File>,
    size: u64,
    /// The size of the groups alone.
    compact_size: u64,
    /// Whether it is left to others for good.
    closed: bool,
    /// When it could not be written, unless it could be since.
    troubled: Option<Instant>,
    troubles: Arc<Troubles>,
}

impl Journal {
    pub(crate) fn new(path: PathBuf, most_bytes: u64, troubles: Arc<Troubles>) -> Self {
        Self {
            path,
            most_bytes,
            lock: None,
            file: None,
            size: 0,
            compact_size: 0,
            closed: false,
            troubled: None,
            troubles,
        }
    }

    /// Adds what the file holds to `groups`, and writes it anew.
    pub(crate) fn open(&mut self, groups: &Mutex<Groups>) -> Result<(), JournalError> {
        let opened = self.take_over(groups);
        self.note(&opened);
        opened
    }

    /// Writes what was counted, which `groups` have already. It fails once if it fails again and again.
    pub(crate) fn append(
        &mut self,
        counted: &[Group],
        groups: &Mutex<Groups>,
    ) -> Result<(), JournalError> {
        if self.closed || self.troubled.is_some_and(|since| since.elapsed() < PAUSE) {
            return Ok(());
        }
        let was_troubled = self.troubled.is_some();
        let written = match self.lock {
            None => self.take_over(groups),
            Some(_) => self.write(counted, groups),
        };
        self.note(&written);
        written.or_else(|error| if was_troubled { Ok(()) } else { Err(error) })
    }

    /// Has the system keep what was written.
    pub(crate) fn sync(&mut self) {
        let synced = self.file.as_ref().map_or(Ok(()), File::sync_data);
        self.troubles.note(&synced);
    }

    /// Leaves the file to others.
    pub(crate) fn close(&mut self) {
        self.closed = true;
        self.file = None;
        self.lock = None;
    }

    fn note(&mut self, written: &Result<(), JournalError>) {
        self.troubled = written.is_err().then(Instant::now);
        self.troubles.note(written);
    }

    fn take_over(&mut self, groups: &Mutex<Groups>) -> Result<(), JournalError> {
        let path = beside(&self.path, ".lock");
        let lock = private().open(path).map_err(|error| self.refused(error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let path = self.path.clone();
                return Err(JournalError::InUse { path });
            }
            Err(TryLockError::Error(error)) => return Err(self.refused(error)),
        }
        self.replay(groups).map_err(|error| self.refused(error))?;
        // From here on what the file holds is in the groups, and is not to be added again.
        self.lock = Some(lock);
        self.write(&[], groups)
    }

    fn replay(&mut self, groups: &Mutex<Groups>) -> io::Result<()> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        // All of it or nothing: it may be tried again.
        let mut records = Vec::new();
        let lost = recovery::read(BufReader::new(file), |record| records.push(record))?;
        self.troubles.count_lost(lost);
        let (mut key, mut earlier) = (None, Vec::new());
        for record in records {
            match record {
                Record::UserKey(of_users) => key = Some(of_users),
                Record::Seen(counted) => earlier.push(counted.into_owned()),
            }
        }
        lock(groups).add_earlier(key, earlier);
        Ok(())
    }

    fn write(&mut self, counted: &[Group], groups: &Mutex<Groups>) -> Result<(), JournalError> {
        let is_long = self.size > self.most_bytes.max(2 * self.compact_size);
        let written = match self.file.as_mut().filter(|_| !is_long) {
            Some(file) => append(file, counted).map(|bytes| self.size += bytes),
            None => self.rewrite(groups),
        };
        written.map_err(|error| {
            // It may end in the middle of a record.
            self.file = None;
            self.refused(error)
        })
    }

    fn rewrite(&mut self, groups: &Mutex<Groups>) -> io::Result<()> {
        self.file = None;
        let (key, groups) = {
            let groups = lock(groups);
            (groups.user_key, groups.all())
        };
        let path = beside(&self.path, ".new");
        let replaced = write_new(&path, Record::UserKey(key), &groups)
            .and_then(|file| fs::rename(&path, &self.path).map(|()| file));
        let file = replaced.inspect_err(|_| {
            // It would only take room.
            let _ = fs::remove_file(&path);
        })?;
        sync_directory(&self.path);
        self.size = file.metadata()?.len();
        self.compact_size = self.size;
        self.file = Some(file);
        Ok(())
    }

    fn refused(&self, source: io::Error) -> JournalError {
        let path = self.path.clone();
        JournalError::Io { path, source }
    }
}

/// As one write, so that a full disk cuts one record.
fn append(file: &mut File, counted: &[Group]) -> io::Result<u64> {
    let mut lines = Vec::new();
    for group in counted {
        Record::Seen(Cow::Borrowed(group)).write(&mut lines);
    }
    file.write_all(&lines)?;
    Ok(lines.len() as u64)
}

fn write_new(path: &Path, key: Record<'_>, groups: &[Group]) -> io::Result<File> {
    // What another process left there may be readable for others.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = BufWriter::new(private().append(true).open(path)?);
    let mut line = Vec::new();
    let records = groups
        .iter()
        .map(|group| Record::Seen(Cow::Borrowed(group)));
    for record in std::iter::once(key).chain(records) {
        line.clear();
        record.write(&mut line);
        file.write_all(&line)?;
    }
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    Ok(file)
}

/// For the owner alone.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).write(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut beside = OsString::from(path);
    beside.push(ending);
    beside.into()
}

/// So that the new name is kept, too.
fn sync_directory(path: &Path) {
    #[cfg(unix)]
    if let Some(directory) = path.parent() {
        let directory = if directory.as_os_str().is_empty() {
            Path::new(".")
        } else {
            directory
        };
        // Where a directory cannot be synced, the old file or the new one is whole.
        let _ = File::open(directory).and_then(|directory| directory.sync_all());
    }
    #[cfg(not(unix))]
    let _ = path;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        groups::Bounds,
        testing::{counted, report},
    };

    const SMALL: Bounds = Bounds {
        groups: 10,
        samples: 2,
        bytes: 1 << 20,
    };

    struct Fixture {
        directory: tempfile::TempDir,
        groups: Mutex<Groups>,
    }

    impl Fixture {
        fn new() -> Self {
            Self {
                directory: tempfile::tempdir().unwrap(),
                groups: Groups::new(SMALL).into(),
            }
        }

        fn path(&self) -> PathBuf {
            self.directory.path().join("errors.jsonl")
        }

        fn open(&self) -> Journal {
            let mut journal = Journal::new(self.path(), 1 << 20, Arc::default());
            journal.open(&self.groups).unwrap();
            journal
        }

        /// One failure of the job, in memory and written.
        fn count(&self, journal: &mut Journal, name: &'static str) -> Result<(), JournalError> {
            let group = {
                let mut groups = lock(&self.groups);
                let group = counted(&report(name, "gone", || ()), groups.user_key);
                groups.add(group.clone());
                group
            };
            journal.append(&[group], &self.groups)
        }

        /// Those that another process would read, and how many records it would miss.
        fn restarted(&self) -> (Vec<Group>, u64) {
            let groups = Groups::new(SMALL).into();
            let mut journal = Journal::new(self.path(), 1 << 20, Arc::default());
            journal.open(&groups).unwrap();
            let lost = journal.troubles.lost_records();
            (groups.into_inner().unwrap().all(), lost)
        }

        fn all(&self) -> Vec<Group> {
            lock(&self.groups).all()
        }
    }

    #[test]
    fn what_was_written_is_read_again() {
        let fixture = Fixture::new();
        let mut journal = fixture.open();
        for name in ["a", "b", "a", "a"] {
            fixture.count(&mut journal, name).unwrap();
        }
        drop(journal);
        let (groups, lost) = fixture.restarted();
        assert_eq!((&groups, lost), (&to_milliseconds(fixture.all()), 0));
        let counts: Vec<_> = groups.iter().map(|group| group.count).collect();
        assert_eq!(counts, [1, 3], "the last that was seen is at the end");
        assert_eq!(groups[1].samples.len(), 2);
    }

    /// As they are in a file.
    fn to_milliseconds(groups: Vec<Group>) -> Vec<Group> {
        let text = crate::json::text(&groups);
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn groups_that_left_before_a_restart_are_not_counted_again() {
        const NAMES: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
        let fixture = Fixture::new();
        let mut journal = fixture.open();
        for name in NAMES {
            fixture.count(&mut journal, name).unwrap();
        }
        assert_eq!(lock(&fixture.groups).evicted, 2);
        drop(journal);
        let groups = Groups::new(SMALL).into();
        let fixture = Fixture { groups, ..fixture };
        let _journal = fixture.open();
        let evicted = lock(&fixture.groups).evicted;
        assert_eq!((evicted, fixture.all().len()), (0, 10));
    }

    #[test]
    fn a_file_that_has_grown_is_written_anew() {
        let fixture = Fixture::new();
        let mut journal = fixture.open();
        journal.most_bytes = 10_000;
        for _ in 0..100 {
            fixture.count(&mut journal, "a").unwrap();
            let size = fs::metadata(fixture.path()).unwrap().len();
            assert_eq!(size, journal.size);
            assert!(size < 12_000, "{size}");
        }
        drop(journal);
        let (groups, lost) = fixture.restarted();
        assert_eq!((groups[0].count, lost), (100, 0));
    }

    #[test]
    fn a_torn_end_costs_one_record_and_later_ones_are_whole() {
        let fixture = Fixture::new();
        let mut journal = fixture.open();
        fixture.count(&mut journal, "a").unwrap();
        fixture.count(&mut journal, "b").unwrap();
        drop(journal);
        let bytes = fs::read(fixture.path()).unwrap();
        fs::write(fixture.path(), &bytes[..bytes.len() - 7]).unwrap();

        let groups = Groups::new(SMALL).into();
        let fixture = Fixture { groups, ..fixture };
        let mut journal = fixture.open();
        let lost = journal.troubles.lost_records();
        assert_eq!((lost, fixture.all().len()), (1, 1));
        fixture.count(&mut journal, "a").unwrap();
        drop(journal);
        let (groups, lost) = fixture.restarted();
        assert_eq!((groups[0].count, lost), (2, 0));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt;

        let fixture = Fixture::new();
        fs::write(fixture.path(), "").unwrap();
        fs::set_permissions(fixture.path(), fs::Permissions::from_mode(0o644)).unwrap();
        let journal = fixture.open();
        for entry in fs::read_dir(fixture.directory.path()).unwrap() {
            let mode = entry.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        drop(journal);
    }

    #[test]
    fn a_file_has_one_user_at_a_time_and_is_taken_over_with_what_it_holds() {
        let fixture = Fixture::new();
        let mut first = fixture.open();
        fixture.count(&mut first, "a").unwrap();

        let groups = Groups::new(SMALL).into();
        let other = Fixture { groups, ..fixture };
        let mut second = Journal::new(other.path(), 1 << 20, Arc::default());
        let refused = second.open(&other.groups).unwrap_err();
        assert!(matches!(refused, JournalError::InUse { .. }), "{refused}");
        other.count(&mut second, "a").unwrap();
        let failed = second.troubles.failed_writes();
        assert_eq!(failed, 1, "it is left alone for a while");

        drop(first);
        second.troubled = Instant::now().checked_sub(PAUSE);
        other.count(&mut second, "b").unwrap();
        drop(second);
        let (mut groups, _) = other.restarted();
        groups.sort_by_key(|group| group.count);
        let counts: Vec<_> = groups.iter().map(|group| group.count).collect();
        assert_eq!(counts, [1, 2]);
    }

    #[test]
    fn what_was_counted_before_a_file_is_taken_over_goes_on() {
        const EARLIER: [&str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
        let fixture = Fixture::new();
        let mut first = fixture.open();
        for name in EARLIER {
            fixture.count(&mut first, name).unwrap();
        }
        let groups = Groups::new(SMALL).into();
        let other = Fixture { groups, ..fixture };
        let mut second = Journal::new(other.path(), 1 << 20, Arc::default());
        second.open(&other.groups).unwrap_err();
        for name in ["a", "x", "y"] {
            other.count(&mut second, name).unwrap();
        }
        drop(first);
        second.troubled = Instant::now().checked_sub(PAUSE);
        other.count(&mut second, "z").unwrap();

        let groups = other.all();
        let last: Vec<_> = groups[6..]
            .iter()
            .map(|group| (group.routes().next().unwrap(), group.count))
            .collect();
        let expected = [
            (("job a", 2), 2),
            (("job x", 1), 1),
            (("job y", 1), 1),
            (("job z", 1), 1),
        ];
        assert_eq!(last, expected, "they were seen last");
        let evicted = lock(&other.groups).evicted;
        assert_eq!((groups.len(), evicted), (10, 3));
        drop(second);
        assert_eq!(other.restarted().0, to_milliseconds(groups));
    }

    #[test]
    fn what_could_not_be_written_is_made_up_for() {
        let fixture = Fixture::new();
        let mut journal = fixture.open();
        fixture.count(&mut journal, "a").unwrap();
        // Nothing can be written to what was opened for reading alone, nor beside a path through a file.
        journal.file = Some(File::open(fixture.path()).unwrap());
        let failed = fixture.count(&mut journal, "a");
        assert!(matches!(failed, Err(JournalError::Io { .. })));
        fixture.count(&mut journal, "b").unwrap();
        assert_eq!(journal.troubles.failed_writes(), 1);

        let path = std::mem::replace(&mut journal.path, fixture.path().join("nowhere"));
        journal.troubled = Instant::now().checked_sub(PAUSE);
        fixture.count(&mut journal, "a").unwrap();
        let failed = journal.troubles.failed_writes();
        assert_eq!(failed, 2, "it failed again, and told so before");

        journal.path = path;
        journal.troubled = Instant::now().checked_sub(PAUSE);
        fixture.count(&mut journal, "a").unwrap();
        drop(journal);
        let (groups, lost) = fixture.restarted();
        let counts: Vec<_> = groups.iter().map(|group| group.count).collect();
        assert_eq!((counts, lost), (vec![1, 4], 0));
    }

    #[test]
    fn a_file_that_cannot_be_had_is_an_error_that_names_it() {
        let path = Path::new("/proc/nowhere/errors.jsonl");
        let mut journal = Journal::new(path.to_owned(), 1, Arc::default());
        let error = journal.open(&Groups::new(SMALL).into()).unwrap_err();
        assert!(error.to_string().starts_with("/proc/nowhere/errors.jsonl"));
        assert!(std::error::Error::source(&error).is_some());
    }
}
