use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::{RollingFile, RollingFileError};
use crate::encode::timestamp;

pub(super) const PACKED: &str = ".gz";
/// What is being packed.
pub(super) const UNFINISHED: &str = ".gz.part";
/// What is further ahead of the clock was told by one that was wrong.
const AHEAD: Duration = Duration::from_secs(1);
/// What names tell apart.
const STEP: Duration = Duration::from_millis(1);

/// The files that are full.
#[derive(Debug)]
pub(super) struct Archives {
    directory: PathBuf,
    /// The name of the file that is written, and a dot.
    prefix: String,
    keep: usize,
    keep_bytes: u64,
    keep_for: Option<Duration>,
    pub(super) compress: bool,
    pub(super) mode: u32,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Archive {
    /// When it was full.
    stamp: String,
    pub(super) path: PathBuf,
    bytes: u64,
}

impl Archive {
    pub(super) fn is_packed(&self) -> bool {
        self.path.extension().is_some_and(|end| end == "gz")
    }
}

impl Archives {
    pub(super) fn new(settings: &RollingFile) -> Result<Self, RollingFileError> {
        let path = &settings.path;
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| RollingFileError::NoName { path: path.clone() })?;
        let directory = match path.parent() {
            Some(parent) if parent != Path::new("") => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        Ok(Self {
            directory,
            prefix: format!("{name}."),
            keep: settings.keep,
            keep_bytes: settings.keep_bytes,
            keep_for: settings.keep_for,
            compress: settings.compress,
            mode: settings.mode,
        })
    }

    /// A path for another one, at which there is nothing, and the time that it tells: later than `last`, so that the newest is known
    /// as such, however soon it was full and whatever became of those before it; unless the clock was set back since.
    pub(super) fn unused(&self, last: SystemTime) -> io::Result<(PathBuf, SystemTime)> {
        let now = SystemTime::now();
        let mut time = if last < now + AHEAD {
            now.max(last + STEP)
        } else {
            now
        };
        loop {
            let path = self.directory.join(self.prefix.clone() + &stamp(time));
            let packed = with_end(&path, PACKED);
            if !is_there(&path)? && !is_there(&packed)? {
                return Ok((path, time));
            }
            time += STEP;
        }
    }

    /// All of them, the newest first.
    pub(super) fn list(&self) -> io::Result<Vec<Archive>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            if let Some(stamp) = entry
                .file_name()
                .to_str()
                .and_then(|name| self.stamp_of(name))
                && entry.file_type()?.is_file()
            {
                found.push(Archive {
                    stamp: stamp.to_owned(),
                    path: entry.path(),
                    bytes: entry.metadata()?.len(),
                });
            }
        }
        found.sort_unstable_by(|one, other| other.cmp(one));
        Ok(found)
    }

    /// Those of `archives`, the newest first, that are no longer kept.
    pub(super) fn outdated<'a>(
        &self,
        archives: &'a [Archive],
        now: SystemTime,
    ) -> impl Iterator<Item = &'a Archive> {
        let oldest = self
            .keep_for
            .and_then(|age| now.checked_sub(age))
            .map(stamp);
        let (mut files, mut bytes) = (self.keep, self.keep_bytes);
        let kept = archives.iter().take_while(|archive| {
            let fits = files > 0
                && archive.bytes <= bytes
                && oldest
                    .as_ref()
                    .is_none_or(|oldest| archive.stamp >= *oldest);
            files = files.saturating_sub(1);
            bytes = bytes.saturating_sub(archive.bytes);
            fits
        });
        archives[kept.count()..].iter()
    }

    /// The time in the name of an archive; none in other names, nor in that of one that is being packed.
    fn stamp_of<'a>(&self, name: &'a str) -> Option<&'a str> {
        let rest = name.strip_prefix(&self.prefix)?;
        let stamp = rest.strip_suffix(PACKED).unwrap_or(rest);
        is_stamp(stamp).then_some(stamp)
    }

    /// Files that were being packed when a process ended.
    pub(super) fn unfinished(&self) -> io::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            let name = entry.file_name();
            let stamp = name.to_str().and_then(|name| {
                let rest = name.strip_prefix(&self.prefix)?;
                rest.strip_suffix(UNFINISHED)
            });
            if stamp.is_some_and(is_stamp) {
                found.push(entry.path());
            }
        }
        Ok(found)
    }
}

/// The path with something behind it.
pub(super) fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(end);
    path.into()
}

fn is_there(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The time as names have it, which sort as the times do: `20261123T005500.123Z`.
fn stamp(time: SystemTime) -> String {
    let since_1970 = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let nanos = u64::try_from(since_1970.as_nanos()).unwrap_or(u64::MAX);
    let mut text = Vec::new();
    timestamp::push_nanos::<3>(&mut text, nanos);
    text.retain(|byte| !matches!(byte, b'-' | b':'));
    String::from_utf8(text).unwrap_or_default()
}

fn is_stamp(text: &str) -> bool {
    const PATTERN: &[u8] = b"00000000T000000.000Z";
    text.len() == PATTERN.len()
        && text
            .bytes()
            .zip(PATTERN)
            .all(|(byte, expected)| match expected {
                b'0' => byte.is_ascii_digit(),
                _ => byte == *expected,
            })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archives(settings: &RollingFile) -> Archives {
        Archives::new(settings).unwrap()
    }

    #[test]
    fn names_tell_when_and_sort_so() {
        let early = stamp(UNIX_EPOCH + Duration::from_millis(1_795_395_300_123));
        assert_eq!(early, "20261123T005500.123Z");
        assert!(is_stamp(&early));
        assert!(early < stamp(UNIX_EPOCH + Duration::from_millis(1_795_395_300_124)));
        assert!(early < stamp(UNIX_EPOCH + Duration::from_millis(1_795_395_309_000)));
    }

    #[test]
    fn what_others_have_in_the_directory_is_no_archive() {
        let archives = archives(&RollingFile::new("/logs/shop.log"));
        for (name, expected) in [
            ("shop.log.20261123T005500.123Z", true),
            ("shop.log.20261123T005500.123Z.gz", true),
            ("shop.log", false),
            ("shop.log.1", false),
            ("shop.log.20261123T005500.123Z.gz.part", false),
            ("shop.log.20261123T005500.123Z.bak", false),
            ("shop.log.20261123t005500.123Z", false),
            ("shop2.log.20261123T005500.123Z", false),
            ("my-shop.log.20261123T005500.123Z", false),
        ] {
            assert_eq!(archives.stamp_of(name).is_some(), expected, "{name}");
        }
    }

    #[test]
    fn files_are_kept_by_number_size_and_age() {
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000);
        let listed: Vec<Archive> = (1..=5)
            .map(|age| Archive {
                stamp: stamp(now - Duration::from_secs(age)),
                path: age.to_string().into(),
                bytes: 10,
            })
            .collect();
        let kept = |settings: RollingFile| {
            listed.len() - archives(&settings).outdated(&listed, now).count()
        };
        let file = RollingFile::new("shop.log");
        assert_eq!(kept(file.clone()), 5);
        assert_eq!(kept(file.clone().keep(2)), 2);
        assert_eq!(kept(file.clone().keep(0)), 0);
        assert_eq!(kept(file.clone().keep_bytes(39)), 3);
        assert_eq!(kept(file.clone().keep_bytes(40)), 4);
        assert_eq!(kept(file.clone().keep_for(Duration::from_secs(4))), 4);
        assert_eq!(kept(file.keep_for(Duration::MAX)), 5);
    }

    #[test]
    fn the_name_of_the_newest_is_the_last_however_many_there_are_at_once() {
        let archives = archives(&RollingFile::new("/nowhere/shop.log"));
        let mut last = (PathBuf::new(), SystemTime::now() + AHEAD / 2);
        for _ in 0..10 {
            let next = archives.unused(last.1).unwrap();
            assert!(next > last, "{next:?} {last:?}");
            last = next;
        }
    }

    #[test]
    fn names_follow_a_clock_that_is_set_back() {
        let archives = archives(&RollingFile::new("/nowhere/shop.log"));
        let ahead = SystemTime::now() + Duration::from_secs(60 * 60);
        assert!(archives.unused(ahead).unwrap().1 < ahead);
    }

    #[test]
    fn a_path_without_a_name_is_refused() {
        for path in ["/", "..", ""] {
            let error = Archives::new(&RollingFile::new(path)).unwrap_err();
            assert!(matches!(error, RollingFileError::NoName { .. }), "{path}");
        }
    }
}
