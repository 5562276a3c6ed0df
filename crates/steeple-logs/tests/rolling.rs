//! Files that lines are written to, through all that happens to them.

#![cfg(feature = "rolling")]
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::{
    ffi::OsStr,
    fs::{self, File, OpenOptions},
    io::{Read, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant, SystemTime},
};

use flate2::read::GzDecoder;
use steeple_core::pipeline::DropReason;
use steeple_logs::{Destination, Marker, Outlet, RollingFile, RollingFileError};
use tempfile::TempDir;
use tracing_core::Level;

const PATIENCE: Duration = Duration::from_secs(30);

struct Directory(TempDir);

impl Directory {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn log(&self) -> RollingFile {
        RollingFile::new(self.path("shop.log"))
    }

    fn current(&self) -> String {
        fs::read_to_string(self.path("shop.log")).unwrap_or_default()
    }

    /// The names of all that is there but the file that is written, the oldest first.
    fn archives(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "shop.log")
            .collect();
        names.sort();
        names
    }

    /// What all files have, the oldest first.
    fn all(&self) -> String {
        let archives = self.archives().into_iter();
        let older: String = archives.map(|name| text(&self.path(&name))).collect();
        older + &self.current()
    }
}

fn text(path: &Path) -> String {
    let mut file = File::open(path).unwrap();
    let mut text = String::new();
    if path.extension() == Some(OsStr::new("gz")) {
        GzDecoder::new(file).read_to_string(&mut text).unwrap();
    } else {
        file.read_to_string(&mut text).unwrap();
    }
    text
}

fn marker() -> Marker {
    Arc::new(|lost, line| writeln!(line, "{lost} lost").unwrap())
}

fn start(file: RollingFile) -> Outlet {
    file.start(marker()).unwrap()
}

fn push(outlet: &Outlet, line: &str) {
    outlet.push(&Level::INFO, line.as_bytes());
}

fn flush(outlet: &Outlet) {
    assert!(outlet.flush_blocking(PATIENCE).is_complete());
}

fn end(outlet: &Outlet) {
    assert!(outlet.shutdown_blocking(PATIENCE).is_complete());
}

fn numbered(count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("{number} {}\n", "x".repeat(number * 31 % 200)))
        .collect()
}

fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "not in time: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_process_goes_on_in_the_file_that_is_there() {
    let directory = Directory::new();
    for line in ["one\n", "two\n"] {
        let outlet = start(directory.log());
        push(&outlet, line);
        end(&outlet);
    }
    assert_eq!(directory.current(), "one\ntwo\n");
    assert_eq!(directory.archives(), [""; 0]);
}

#[test]
fn a_line_that_a_killed_process_left_torn_tears_no_other() {
    let directory = Directory::new();
    fs::write(directory.path("shop.log"), "one\ntwo and a ha").unwrap();
    let outlet = start(directory.log());
    push(&outlet, "three\n");
    end(&outlet);
    assert_eq!(directory.current(), "one\ntwo and a ha\nthree\n");
}

#[test]
fn files_that_are_large_are_packed_and_no_line_is_lost_or_torn() {
    let directory = Directory::new();
    let lines = numbered(2_000);
    for half in lines.chunks(1_000) {
        let outlet = start(directory.log().max_bytes(10_000).keep(100));
        half.iter().for_each(|line| push(&outlet, line));
        end(&outlet);
    }
    let archives = directory.archives();
    assert!(archives.len() > 15, "{archives:?}");
    for name in &archives {
        assert!(name.ends_with("Z.gz"), "{name}");
        let text = text(&directory.path(name));
        assert!((9_000..=10_000).contains(&text.len()), "{}", text.len());
        assert!(text.ends_with('\n'));
    }
    assert!(directory.all() == lines.concat());
}

#[test]
fn a_line_larger_than_a_file_has_a_file_of_its_own() {
    let directory = Directory::new();
    let outlet = start(directory.log().max_bytes(10).compress(false));
    let long = format!("{}\n", "x".repeat(99));
    for line in ["one\n", &long, "two\n"] {
        push(&outlet, line);
    }
    end(&outlet);
    let texts = directory.archives().into_iter();
    let texts: Vec<String> = texts.map(|name| text(&directory.path(&name))).collect();
    assert_eq!(texts, ["one\n", &long]);
    assert_eq!(directory.current(), "two\n");
}

#[test]
fn files_that_are_old_are_packed_also_those_of_an_earlier_process() {
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    is_packed_after(SystemTime::now() - year);
}

#[test]
fn a_file_that_was_begun_while_the_clock_was_ahead_is_old() {
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    is_packed_after(SystemTime::now() + year);
}

/// A file that was last written at that time is followed by others.
fn is_packed_after(last_written: SystemTime) {
    let directory = Directory::new();
    let path = directory.path("shop.log");
    fs::write(&path, "long ago\n").unwrap();
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    file.set_modified(last_written).unwrap();

    let mut lines = 0;
    let outlet = start(directory.log().every(Duration::from_millis(20)));
    eventually("three files", || {
        push(&outlet, "now\n");
        flush(&outlet);
        lines += 1;
        directory.archives().len() >= 3
    });
    end(&outlet);
    let first = directory.path(&directory.archives()[0]);
    assert_eq!(text(&first), "long ago\n");
    assert_eq!(
        directory.all(),
        format!("long ago\n{}", "now\n".repeat(lines))
    );
}

#[test]
fn no_more_is_kept_than_was_asked_for_and_nothing_of_others_is_touched() {
    let directory = Directory::new();
    let others = [
        "shop.log.1",
        "shop.log.old",
        "shop2.log.20261123T005500.123Z",
    ];
    for name in others {
        fs::write(directory.path(name), name).unwrap();
    }
    let outlet = start(directory.log().max_bytes(1_000).keep(2));
    let lines = numbered(200);
    lines.iter().for_each(|line| push(&outlet, line));
    end(&outlet);
    for name in others {
        assert_eq!(text(&directory.path(name)), name);
        fs::remove_file(directory.path(name)).unwrap();
    }
    assert_eq!(directory.archives().len(), 2);
    let kept = directory.all();
    assert!(kept.len() > 1_000 && lines.concat().ends_with(&kept));
}

#[test]
fn what_an_earlier_process_left_unpacked_is_packed() {
    let directory = Directory::new();
    let name = "shop.log.20261123T005500.123Z";
    fs::write(directory.path(name), "one\n").unwrap();
    fs::write(directory.path(&format!("{name}.gz.part")), "\x1f").unwrap();
    let outlet = start(directory.log());
    eventually("it is packed", || {
        directory.archives() == [format!("{name}.gz")]
    });
    push(&outlet, "two\n");
    end(&outlet);
    assert_eq!(directory.all(), "one\ntwo\n");
}

#[test]
fn a_path_where_no_file_can_be_is_refused_from_the_start() {
    let directory = Directory::new();
    fs::create_dir(directory.path("directory")).unwrap();
    fs::write(directory.path("file"), "precious\n").unwrap();
    let mut refused = vec!["directory", "file/shop.log"];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(directory.path("file"), directory.path("link")).unwrap();
        refused.extend(["link", "/dev/full"]);
    }
    for name in refused {
        let path = directory.path(name);
        let error = RollingFile::new(&path).start(marker()).unwrap_err();
        assert!(
            matches!(&error, RollingFileError::Open { path: named, .. } if *named == path),
            "{error:?}"
        );
    }
    assert_eq!(text(&directory.path("file")), "precious\n");
}

#[cfg(unix)]
#[test]
fn directories_are_made_and_files_are_not_for_everyone() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = Directory::new();
    let path = directory.path("var/log/shop.log");
    let outlet = start(RollingFile::new(&path).max_bytes(10));
    numbered(3).iter().for_each(|line| push(&outlet, line));
    end(&outlet);
    let files = fs::read_dir(path.parent().unwrap()).unwrap();
    let modes: Vec<u32> = files
        .map(|file| file.unwrap().metadata().unwrap().permissions().mode() & 0o777)
        .collect();
    assert_eq!(modes.len(), 3);
    assert!(modes.iter().all(|mode| mode & !0o640 == 0), "{modes:?}");
}

#[cfg(unix)]
#[test]
fn where_logrotate_renames_the_file_a_new_one_is_begun_without_a_signal() {
    let directory = Directory::new();
    let outlet = start(directory.log().without_rotation());
    push(&outlet, "one\n");
    flush(&outlet);
    fs::rename(directory.path("shop.log"), directory.path("shop.log.1")).unwrap();
    push(&outlet, "two\n");
    flush(&outlet);
    assert_eq!(text(&directory.path("shop.log.1")), "one\n");
    assert_eq!(directory.current(), "two\n");
    fs::remove_file(directory.path("shop.log")).unwrap();
    push(&outlet, "three\n");
    end(&outlet);
    assert_eq!(directory.current(), "three\n");
}

#[test]
fn where_logrotate_truncates_the_file_it_goes_on_at_its_beginning() {
    let directory = Directory::new();
    let (log, copy) = (directory.path("shop.log"), directory.path("shop.log.1"));
    let outlet = start(directory.log());
    push(&outlet, "one\n");
    flush(&outlet);
    fs::copy(&log, &copy).unwrap();
    let file = OpenOptions::new().write(true).open(&log).unwrap();
    file.set_len(0).unwrap();
    push(&outlet, "two\n");
    end(&outlet);
    assert_eq!(text(&copy), "one\n");
    assert_eq!(directory.current(), "two\n");
}

#[test]
fn what_another_process_appends_stays() {
    let directory = Directory::new();
    let outlet = start(directory.log());
    push(&outlet, "one\n");
    flush(&outlet);
    let path = directory.path("shop.log");
    let mut other = OpenOptions::new().append(true).open(path).unwrap();
    other.write_all(b"theirs\n").unwrap();
    push(&outlet, "two\n");
    end(&outlet);
    assert_eq!(directory.current(), "one\ntheirs\ntwo\n");
}

#[cfg(unix)]
#[test]
fn lines_wait_while_the_directory_is_gone_and_losses_are_told_of() {
    let directory = Directory::new();
    let (logs, aside) = (directory.path("logs"), directory.path("aside"));
    let file =
        RollingFile::new(logs.join("shop.log")).pipeline(|pipeline| pipeline.max_queue_items(3));
    let outlet = start(file);
    push(&outlet, "before\n");
    flush(&outlet);
    fs::rename(&logs, &aside).unwrap();
    fs::write(&logs, "in the way\n").unwrap();
    for line in ["one\n", "two\n", "three\n", "four\n", "five\n"] {
        push(&outlet, line);
    }
    assert_eq!(outlet.accounting().queued, 3);
    assert_eq!(outlet.accounting().dropped(DropReason::QueueFull), 2);

    fs::remove_file(&logs).unwrap();
    let written = || fs::read_to_string(logs.join("shop.log")).unwrap_or_default();
    eventually("the line that tells of it", || {
        written().ends_with("2 lost\n")
    });
    end(&outlet);
    assert_eq!(written(), "one\ntwo\nthree\n2 lost\n");
    assert_eq!(text(&aside.join("shop.log")), "before\n");
}
