//! A process that logs, for tests of what becomes of its lines when what it writes to is full, slow or gone, or it is killed.
//!
//! `logging stdout` logs to standard output, which takes nothing, and tells by standard error what became of it. `logging file
//! PATH` logs numbers to a file until its standard input ends.

use std::{
    env,
    error::Error,
    io::{self, Read as _, Write as _},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use steeple::{
    core::pipeline::DropReason,
    logs::{Destination as _, Marker, Outlet, RollingFile, Stdio},
};
use tracing::Level;

const ROUNDS: usize = 5;
const LINES: usize = 10_000;
/// What no caller waits for.
const LIMIT: Duration = Duration::from_micros(100);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["stdout"] => stdout(),
        ["file", path] => file(path),
        _ => Err("give `stdout` or `file PATH`".into()),
    }
}

fn marker() -> Marker {
    Arc::new(|lost, line| line.extend(format!("{lost} lost\n").bytes()))
}

/// Tells how many of 10,000 calls took longer than the limit in the best round, and the figures of the pipeline.
fn stdout() -> Result<(), Box<dyn Error>> {
    let outlet = Stdio::stdout()
        .pipeline(|pipeline| pipeline.max_queue_bytes(1 << 20))
        .start(marker())?;
    let slow = (0..ROUNDS).map(|_| slow_calls(&outlet)).min();
    let report = outlet.shutdown_blocking(Duration::from_millis(500));
    let figures = outlet.accounting();
    writeln!(
        io::stderr(),
        "{} {} {} {} {} {}",
        slow.unwrap_or_default(),
        figures.created,
        figures.exported,
        figures.dropped(DropReason::QueueFull),
        figures.dropped(DropReason::Shutdown),
        report.lost,
    )?;
    Ok(())
}

fn slow_calls(outlet: &Outlet) -> usize {
    let line = [[b'x'; 99].as_slice(), b"\n"].concat();
    let calls = (0..LINES).map(|_| {
        let start = Instant::now();
        outlet.push(&Level::INFO, &line);
        start.elapsed()
    });
    calls.filter(|call| *call > LIMIT).count()
}

fn file(path: &str) -> Result<(), Box<dyn Error>> {
    let outlet = RollingFile::new(path)
        .without_rotation()
        .reopen_on_hangup(true)
        .start(marker())?;
    let ended = Arc::new(AtomicBool::new(false));
    let input = ended.clone();
    thread::spawn(move || {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        input.store(true, Relaxed);
    });
    let mut number = 0;
    while !ended.load(Relaxed) {
        for _ in 0..500 {
            outlet.push(&Level::INFO, format!("{number:099}\n").as_bytes());
            number += 1;
        }
        // Less than the file takes.
        thread::sleep(Duration::from_millis(1));
    }
    let report = outlet.shutdown_blocking(Duration::from_secs(60));
    let figures = outlet.accounting();
    writeln!(
        io::stdout(),
        "{} {} {}",
        figures.exported,
        figures.dropped_total(),
        report.lost
    )?;
    Ok(())
}
