//! Lines on disk survive SIGKILL.

use std::{
    env,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use steeple_core::pipeline::{ExportError, PipelineBuilder};
use steeple_logs::{Lines, spool::Spool};

use crate::stage::{PATIENCE, eventually, impatient, lines};

const CHILD: &str = "STEEPLE_SPOOLS_UNTIL_KILLED";
const KILLS: u64 = 20;

#[test]
fn what_counted_as_exported_survives_sigkill_and_arrives_in_order() {
    if let Some(directory) = env::var_os(CHILD) {
        return spool_for_ever(directory.as_ref());
    }
    let directory = tempfile::tempdir().unwrap();
    let mut last = Vec::new();
    for kill in 0..KILLS {
        last.push(spooled_until_killed(directory.path(), kill));
    }

    let arrived = Arc::<Mutex<Vec<String>>>::default();
    let sink = arrived.clone();
    let exporters = Spool::in_directory(directory.path()).before("again", move || {
        let sink = sink.clone();
        async move |batch: &[Lines]| {
            let text = batch.iter().flat_map(Lines::as_bytes).copied().collect();
            let text = String::from_utf8(text).map_err(ExportError::permanent)?;
            sink.lock().unwrap().extend(text.lines().map(str::to_owned));
            Ok(())
        }
    });
    let _pipeline = PipelineBuilder::new("again").spawn(exporters.unwrap());
    for (kill, last) in last.into_iter().enumerate() {
        let of_kill = || -> Vec<u64> {
            let arrived = arrived.lock().unwrap();
            let lines = arrived
                .iter()
                .filter_map(|line| line.strip_prefix(&format!("{kill} ")));
            lines.map(|number| number.parse().unwrap()).collect()
        };
        eventually("what was exported is there", || {
            of_kill().len() as u64 > last
        });
        let numbers = of_kill();
        assert!(
            numbers.iter().copied().eq(0..numbers.len() as u64),
            "kill {kill}"
        );
    }
}

/// The last line that a process told to be exported before it was killed.
fn spooled_until_killed(directory: &Path, kill: u64) -> u64 {
    let mut child = Command::new(env::current_exe().unwrap())
        .args([
            "killed::what_counted_as_exported_survives_sigkill_and_arrives_in_order",
            "--exact",
        ])
        .arg("--nocapture")
        .env(CHILD, directory.join(""))
        .env("STEEPLE_KILL", kill.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let told = BufReader::new(child.stdout.take().unwrap()).lines();
    let numbers = told.filter_map(|line| line.unwrap().parse::<u64>().ok());
    let mut numbers = numbers.peekable();
    // It has begun, and ends at another moment each time.
    assert!(numbers.peek().is_some());
    let killer = thread::spawn(move || {
        thread::sleep(Duration::from_millis(kill * 3));
        child.kill().unwrap();
        child.wait().unwrap();
    });
    let last = numbers.last().unwrap();
    killer.join().unwrap();
    last
}

#[expect(clippy::print_stdout, reason = "another process waits for it")]
fn spool_for_ever(directory: &Path) {
    let kill = env::var("STEEPLE_KILL").unwrap();
    let exporters = Spool::in_directory(directory).before("until killed", || {
        async |_: &[Lines]| Err::<(), _>(ExportError::retryable("away"))
    });
    let pipeline = PipelineBuilder::new("until killed")
        .max_batch_items(1)
        .retry(impatient())
        .spawn(exporters.unwrap());
    for number in 0.. {
        pipeline
            .producer()
            .push(lines(&[format!("{kill} {number}")]));
        let report = pipeline.flush_blocking(PATIENCE);
        assert!(report.is_complete(), "{report:?}");
        println!("{number}");
    }
}
