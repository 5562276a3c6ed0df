//! A process that is killed again and again.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    thread,
    time::Duration,
};

use steeple::{
    Observer,
    core::{HttpVersion, RequestHead, ResponseHead},
    errors::ErrorTracker,
};
use steeple_tests::process::sized;

use crate::shop::DEADLINE;

const FILE: &str = "STEEPLE_KILLED_FILE";
/// How many failures are on their way at a time.
const AT_ONCE: u64 = 10;

#[test]
fn a_killed_process_loses_what_was_on_its_way_alone() {
    if let Some(file) = env::var_os(FILE) {
        return fail_for_ever(Path::new(&file));
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("errors.jsonl");
    let mut written = 0;
    for _ in 0..sized(50, 1_000) {
        let mut process = Process::start(&file);
        let (count, lost) = process.told();
        assert!(count >= written, "{count} are left of {written}");
        assert!(
            count <= written + AT_ONCE,
            "{count} are more than {written}"
        );
        assert!(lost <= 1, "a record may be torn, which was on its way");
        written = count;
        for _ in 0..fastrand::u32(1..20) {
            (written, _) = process.told();
        }
        // It is writing at every other moment of this.
        thread::sleep(Duration::from_micros(fastrand::u64(..2_000)));
        written = process.killed().unwrap_or(written);
    }
    let tracker = ErrorTracker::builder().file(&file).start().unwrap();
    let counts: Vec<_> = tracker.groups().iter().map(|group| group.count).collect();
    assert_eq!(counts.len(), 1);
    assert!((written..=written + AT_ONCE).contains(&counts[0]));
}

/// Tells how many failures there were and how many records were damaged: first of those before, then after each few.
fn fail_for_ever(file: &Path) {
    // Written anew now and then.
    let builder = ErrorTracker::builder().file(file).max_file_bytes(10_000);
    let tracker = builder.start().unwrap();
    let observer = Observer::builder()
        .error_sink(tracker.sink())
        .build()
        .unwrap();
    loop {
        let count: u64 = tracker.groups().iter().map(|group| group.count).sum();
        let lost = tracker.figures().lost_records;
        let mut out = std::io::stdout();
        writeln!(out, "told {count} {lost}").unwrap();
        out.flush().unwrap();
        for _ in 0..AT_ONCE {
            fail(&observer);
        }
        assert!(tracker.flush_blocking(DEADLINE).is_complete());
    }
}

fn fail(observer: &Observer) {
    let mut request = observer.start(&RequestHead {
        method: "GET",
        scheme: None,
        version: HttpVersion::Http11,
        route: Some("/".into()),
        headers: &(),
        body_size: Some(0),
        details: &Default::default,
    });
    request.respond(&ResponseHead {
        status: 500,
        headers: &(),
        body_size: Some(0),
    });
    request.finish();
}

struct Process {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Process {
    fn start(file: &Path) -> Self {
        let this = "killed::a_killed_process_loses_what_was_on_its_way_alone";
        let mut child = Command::new(env::current_exe().unwrap())
            .args([this, "--exact", "--nocapture"])
            .env(FILE, file)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn told(&mut self) -> (u64, u64) {
        self.next().expect("it tells more until it is killed")
    }

    fn next(&mut self) -> Option<(u64, u64)> {
        let lines = self.lines.by_ref().map(Result::unwrap);
        // The first is behind what the harness of the test says.
        let told = lines.filter_map(|line| Some(line.split_once("told ")?.1.to_owned()));
        let line = { told }.next()?;
        let (count, lost) = line.split_once(' ').unwrap();
        Some((count.parse().unwrap(), lost.parse().unwrap()))
    }

    /// Kills it, and returns what it told last, if it told more.
    fn killed(mut self) -> Option<u64> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        std::iter::from_fn(|| self.next())
            .last()
            .map(|(count, _)| count)
    }
}
