//! A process that logs, for tests of what becomes of its lines when what it writes to is full, slow or gone, or it is killed.
//!
//! `logging stdout` logs to standard output, which takes nothing, and tells by standard error what became of it. `logging file
//! PATH` logs numbers to a file until its standard input ends. `logging default` says one thing as where nothing is configured, and
//! `logging stderr` says it to standard error.

use std::{
    env,
    error::Error,
    fs,
    io::{self, Read as _, Write as _},
    mem,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use futures_executor::block_on;
use steeple::{
    logs::{Destination as _, Format, Logs, LogsBuilder, Marker, RollingFile, Stdio},
    metrics::Registry,
};
use tracing::{Level, info, subscriber::with_default};
use tracing_subscriber::{layer::SubscriberExt, registry};

const ROUNDS: usize = 5;
const LINES: usize = 10_000;
/// What no caller waits for.
const LIMIT: Duration = Duration::from_micros(100);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["stdout"] => stdout(),
        ["file", path] => file(path),
        ["default"] => say(Logs::builder("shop")),
        ["stderr"] => say(Logs::builder("shop").to(Stdio::stderr(), Format::Ecs)),
        _ => Err("give `stdout`, `file PATH`, `default` or `stderr`".into()),
    }
}

/// Tells how many of 10,000 events were waited for longer than the limit in the best round, and the figures of the pipeline.
fn stdout() -> Result<(), Box<dyn Error>> {
    let figures = Registry::new();
    let output = Stdio::stdout().pipeline(|pipeline| pipeline.max_queue_bytes(1 << 20));
    let logs = Logs::builder("shop").to(output, Format::Ecs);
    let logs = metrics::with_local_recorder(&figures, || logs.start())?;
    let rounds: Result<Vec<_>, _> = with_default(registry().with(logs.layer()), || {
        (0..ROUNDS).map(|_| slow_events()).collect()
    });
    let slow = rounds?.into_iter().min().unwrap_or_default();
    let report = block_on(logs.shutdown(Duration::from_millis(500)));
    let told = figures.render();
    let figure = |name: &str, reason: &str| {
        let series = format!("steeple_pipeline_{name}_total{{pipeline=\"logs-stdout\"{reason}}} ");
        let mut lines = told.lines();
        let value = lines.find_map(|line| line.strip_prefix(&series));
        value.unwrap_or("0").to_owned()
    };
    writeln!(
        io::stderr(),
        "{slow} {} {} {} {} {}",
        figure("created", ""),
        figure("exported", ""),
        figure("dropped", ",reason=\"queue_full\""),
        figure("dropped", ",reason=\"shutdown\""),
        report.lost,
    )?;
    Ok(())
}

/// How many events took longer than the limit and had the thread wait. Whoever is interrupted is held up by others.
fn slow_events() -> io::Result<usize> {
    let (mut slow, mut waits) = (0, waits()?);
    for order in 0..LINES {
        let start = Instant::now();
        info!(
            order,
            customer = "ada@example.com",
            "the order is on its way"
        );
        if start.elapsed() > LIMIT {
            let before = mem::replace(&mut waits, self::waits()?);
            slow += usize::from(waits > before);
        }
    }
    Ok(slow)
}

/// How often this thread gave the processor away to wait for something.
fn waits() -> io::Result<u64> {
    let status = fs::read_to_string("/proc/thread-self/status")?;
    let mut lines = status.lines();
    let waits = lines.find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    let waits = waits.and_then(|waits| waits.trim().parse().ok());
    waits.ok_or_else(|| io::Error::other("the system does not tell how often a thread waits"))
}

fn file(path: &str) -> Result<(), Box<dyn Error>> {
    let marker: Marker = Arc::new(|lost, line| line.extend(format!("{lost} lost\n").bytes()));
    let outlet = RollingFile::new(path)
        .without_rotation()
        .reopen_on_hangup(true)
        .start(marker)?;
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
        // Less than the file takes, and than waits if it takes nothing for a while.
        thread::sleep(Duration::from_millis(1));
        while outlet.accounting().queued_bytes > 4 << 20 {
            thread::sleep(Duration::from_millis(1));
        }
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

fn say(logs: LogsBuilder) -> Result<(), Box<dyn Error>> {
    let logs = logs.start()?;
    let subscriber = registry().with(logs.layer());
    with_default(subscriber, || info!("the shop is open"));
    // What it was told it writes before it is gone.
    Ok(())
}
