//! Log files on disks that are full, of processes that are killed, and below `logrotate`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};
use steeple::{
    core::pipeline::DropReason,
    logs::{Destination as _, Marker, Outlet, RollingFile},
};
use steeple_tests::{disk::SmallDisk, process::isolated, waiting::eventually};
use tempfile::TempDir;
use tracing::Level;

use crate::programs::{built, text};

const ROUNDS: usize = 3;
/// What no caller waits for.
const LIMIT: Duration = Duration::from_micros(100);
/// So many lines are lost while a disk is full.
const LOST: u64 = 10_000;

/// The room that a file has.
trait Disk {
    fn fill(&self, file: &Path);
    fn make_room(&self);
}

/// A limit of the process.
struct Limited(Rlimit);

impl Limited {
    fn new() -> Self {
        // Otherwise it would end the process.
        let handled = Arc::default();
        signal_hook::flag::register(signal_hook::consts::SIGXFSZ, handled).unwrap();
        Self(getrlimit(Resource::Fsize))
    }
}

impl Disk for Limited {
    /// Up to the middle of a line.
    fn fill(&self, file: &Path) {
        let bytes = fs::metadata(file).unwrap().len() + 50;
        let limit = Rlimit {
            current: Some(bytes),
            maximum: self.0.maximum,
        };
        setrlimit(Resource::Fsize, limit).unwrap();
    }

    fn make_room(&self) {
        setrlimit(Resource::Fsize, self.0).unwrap();
    }
}

impl Disk for SmallDisk {
    fn fill(&self, _: &Path) {
        self.fill();
    }

    fn make_room(&self) {
        self.make_room();
    }
}

#[test]
fn a_full_disk_holds_nobody_up_and_each_line_it_costs_is_counted_and_told_of() {
    let test =
        "log_files::a_full_disk_holds_nobody_up_and_each_line_it_costs_is_counted_and_told_of";
    isolated(test, || {
        let directory = tempfile::tempdir().unwrap();
        survive(&Limited::new(), &directory.path().join("shop.log"));
    });
}

#[test]
fn a_full_file_system_holds_nobody_up_and_each_line_it_costs_is_counted_and_told_of() {
    if let Some(disk) = SmallDisk::mount() {
        survive(&disk, &disk.file("shop.log"));
    }
}

fn marker() -> Marker {
    Arc::new(|lost, line| line.extend(format!("{lost} lost\n").bytes()))
}

fn survive(disk: &impl Disk, file: &Path) {
    let outlet = RollingFile::new(file)
        .pipeline(|pipeline| pipeline.max_queue_bytes(128 << 10))
        .start(marker())
        .unwrap();
    let mut next = 0;
    let rounds: Vec<Round> = (0..ROUNDS)
        .map(|_| Round::run(disk, file, &outlet, &mut next))
        .collect();
    let report = outlet.shutdown_blocking(Duration::from_secs(60));
    assert!(report.is_complete(), "{report:?}");

    let figures = outlet.accounting();
    assert_eq!(figures.created, next);
    assert_eq!(
        figures.dropped_total(),
        figures.dropped(DropReason::QueueFull)
    );
    let written = fs::read_to_string(file).unwrap();
    let (told, numbers): (Vec<&str>, Vec<&str>) =
        written.lines().partition(|line| line.ends_with(" lost"));
    let told = told.iter().map(|line| line.trim_end_matches(" lost"));
    let told: u64 = told.map(|lost| lost.parse::<u64>().unwrap()).sum();
    assert_eq!(told, figures.dropped_total());
    assert!(numbers.iter().all(|line| line.len() == 99), "a torn line");
    assert!(numbers.is_sorted_by(|one, other| one < other), "twice");
    assert_eq!(numbers.len() as u64, figures.exported);
    assert_eq!(figures.exported + told, next);

    // In the best round, since the machine may be busy with something else.
    let slow = rounds.iter().map(|round| round.slow).min().unwrap();
    assert!(slow <= LOST as usize / 1_000, "{slow} calls took longer");
    let told_after = rounds.iter().map(|round| round.told_after).min().unwrap();
    assert!(told_after < Duration::from_secs(1), "{told_after:?}");
}

/// A time without room, and what came after.
struct Round {
    /// How many calls took longer than they may.
    slow: usize,
    /// How long it was from when there was room until losses were told of.
    told_after: Duration,
}

impl Round {
    fn run(disk: &impl Disk, file: &Path, outlet: &Outlet, next: &mut u64) -> Self {
        let lost = || outlet.accounting().dropped(DropReason::QueueFull);
        let mut push = || {
            let line = format!("{next:099}\n", next = *next);
            *next += 1;
            let start = Instant::now();
            outlet.push(&Level::INFO, line.as_bytes());
            start.elapsed()
        };
        push();
        eventually("the line is written", || outlet.accounting().queued == 0);
        disk.fill(file);
        let (before, mut slow) = (lost(), 0);
        while lost() < before + LOST {
            slow += usize::from(push() > LIMIT);
        }
        let told = || {
            let written = fs::read_to_string(file).unwrap();
            written.matches(" lost\n").count()
        };
        let told_before = told();
        let made_room = Instant::now();
        disk.make_room();
        eventually("losses are told of", || told() > told_before);
        Self {
            slow,
            told_after: made_room.elapsed(),
        }
    }
}

/// The example `logging`, which logs to a file until its input ends.
struct Logging {
    process: Child,
    directory: TempDir,
}

impl Logging {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self {
            process: Self::spawn(&directory),
            directory,
        }
    }

    fn spawn(directory: &TempDir) -> Child {
        let package = [
            "build",
            "--package",
            "steeple-tests",
            "--example",
            "logging",
        ];
        Command::new(built(&package, &[]))
            .arg("file")
            .arg(directory.path().join("shop.log"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn has(&self, name: &str, bytes: u64) -> bool {
        fs::metadata(self.file(name)).is_ok_and(|file| file.len() >= bytes)
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }

    /// Has it end, and gives what it says that it wrote and lost.
    fn end(&mut self) -> (u64, u64) {
        drop(self.process.stdin.take());
        let mut told = String::new();
        let mut output = self.process.stdout.take().unwrap();
        output.read_to_string(&mut told).unwrap();
        assert!(self.process.wait().unwrap().success());
        let figures: Vec<u64> = told
            .split_whitespace()
            .map(|figure| figure.parse().unwrap())
            .collect();
        (figures[0], figures[1])
    }
}

impl Drop for Logging {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The numbers from `first` on, as the example logs them.
fn assert_numbers<'a>(lines: impl Iterator<Item = &'a str>, first: u64) -> u64 {
    let mut next = first;
    for line in lines {
        assert_eq!(line, format!("{next:099}"));
        next += 1;
    }
    next
}

#[test]
fn a_process_that_is_killed_while_it_writes_leaves_whole_lines_but_for_the_last() {
    let mut logging = Logging::start();
    eventually("a megabyte", || logging.has("shop.log", 1 << 20));
    logging.signal(Signal::KILL);
    logging.process.wait().unwrap();
    let left = fs::read_to_string(logging.file("shop.log")).unwrap();
    let whole = left.rfind('\n').map_or(0, |end| end + 1);
    let written = assert_numbers(left[..whole].lines(), 0);
    assert!(written > 10_000 && left.len() - whole < 100, "{written}");

    // As a kill within a line leaves it, which the system seldom does.
    let mut torn = File::options()
        .append(true)
        .open(logging.file("shop.log"))
        .unwrap();
    torn.write_all(b"torn").unwrap();
    logging.process = Logging::spawn(&logging.directory);
    eventually("it goes on", || {
        logging.has("shop.log", left.len() as u64 + 10_000)
    });
    let (again, lost) = logging.end();
    assert_eq!(lost, 0);
    let all = fs::read_to_string(logging.file("shop.log")).unwrap();
    let (before, after) = all.split_once("torn\n").unwrap();
    assert_eq!(before, left);
    assert_eq!(assert_numbers(after.lines(), 0), again);
}

#[test]
fn a_signal_after_logrotate_renamed_the_file_costs_no_line() {
    let mut logging = Logging::start();
    for name in ["shop.log.2", "shop.log.1"] {
        eventually("some lines", || logging.has("shop.log", 100_000));
        fs::rename(logging.file("shop.log"), logging.file(name)).unwrap();
        logging.signal(Signal::HUP);
    }
    eventually("some lines", || logging.has("shop.log", 100_000));
    let (written, lost) = logging.end();
    assert_eq!(lost, 0);
    let mut next = 0;
    for name in ["shop.log.2", "shop.log.1", "shop.log"] {
        let lines = fs::read_to_string(logging.file(name)).unwrap();
        next = assert_numbers(lines.lines(), next);
    }
    assert_eq!(next, written);
}

/// What the example says of lines that standard output took or did not.
#[derive(Debug)]
struct Told {
    slow: u64,
    created: u64,
    exported: u64,
    no_room: u64,
    left_at_end: u64,
    reported: u64,
}

/// Runs the example with this standard output, from which nobody reads.
fn log_to(output: Stdio) -> (Told, Child) {
    let package = [
        "build",
        "--package",
        "steeple-tests",
        "--example",
        "logging",
    ];
    let mut process = Command::new(built(&package, &[]))
        .arg("stdout")
        .stdout(output)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = Vec::new();
    let mut error = process.stderr.take().unwrap();
    error.read_to_end(&mut told).unwrap();
    assert!(process.wait().unwrap().success(), "{}", text(&told));
    let figures: Vec<u64> = text(&told)
        .split_whitespace()
        .map(|figure| figure.parse().unwrap())
        .collect();
    let [slow, created, exported, no_room, left_at_end, reported] = figures[..] else {
        panic!("{}", text(&told))
    };
    let told = Told {
        slow,
        created,
        exported,
        no_room,
        left_at_end,
        reported,
    };
    (told, process)
}

fn assert_counted(told: &Told) {
    assert_eq!(told.created, 50_000, "{told:?}");
    assert_eq!(
        told.created,
        told.exported + told.no_room + told.left_at_end
    );
    assert!(told.no_room > 0 && told.left_at_end > 0, "{told:?}");
    assert_eq!(told.reported, told.left_at_end, "{told:?}");
    assert!(told.slow <= 10, "{told:?}");
}

#[test]
fn of_what_a_device_that_is_full_does_not_take_the_end_tells() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let (told, _) = log_to(full.into());
    assert_counted(&told);
    assert_eq!(told.exported, 0, "{told:?}");
}

#[test]
fn a_reader_of_standard_output_that_stops_holds_nobody_up() {
    let (told, mut process) = log_to(Stdio::piped());
    assert_counted(&told);
    // What is in the pipe is what the system took, of which the process knows but for the last batch.
    let mut taken = String::new();
    let mut output = process.stdout.take().unwrap();
    output.read_to_string(&mut taken).unwrap();
    let lines = taken.matches('\n').count() as u64;
    assert!(lines >= told.exported && lines > 0, "{told:?} {lines}");
}
