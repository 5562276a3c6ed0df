//! A list of steps, run one after the other with visible progress.

use std::{
    io::Write as _,
    process::{Command, ExitCode},
    time::Instant,
};

use anyhow::Context as _;

use crate::{
    process::{keep_colours, run, shell},
    totals::Totals,
};

/// One line of progress.
pub(crate) struct Step<'a> {
    name: &'static str,
    work: Work<'a>,
}

type Task<'a> = Box<dyn FnOnce() -> anyhow::Result<()> + 'a>;

enum Work<'a> {
    Commands(Vec<Command>),
    Check(Task<'a>),
    SetUp(Task<'a>),
    Tests(Box<dyn FnOnce() -> Command + 'a>, fn(&str) -> Totals),
}

impl<'a> Step<'a> {
    /// Commands whose output is shown only if one fails.
    pub(crate) fn commands(
        name: &'static str,
        commands: impl IntoIterator<Item = Command>,
    ) -> Self {
        Self {
            name,
            work: Work::Commands(commands.into_iter().collect()),
        }
    }

    /// A check of our own, whose error is what it found.
    pub(crate) fn check(
        name: &'static str,
        check: impl FnOnce() -> anyhow::Result<()> + 'a,
    ) -> Self {
        Self {
            name,
            work: Work::Check(Box::new(check)),
        }
    }

    /// A task that tells what it does and may ask.
    pub(crate) fn set_up(
        name: &'static str,
        task: impl FnOnce() -> anyhow::Result<()> + 'a,
    ) -> Self {
        Self {
            name,
            work: Work::SetUp(Box::new(task)),
        }
    }

    /// A test runner, named when its turn comes, whose output is shown as it comes and whose closing lines `totals` reads.
    pub(crate) fn tests(
        name: &'static str,
        command: impl FnOnce() -> Command + 'a,
        totals: fn(&str) -> Totals,
    ) -> Self {
        Self {
            name,
            work: Work::Tests(Box::new(command), totals),
        }
    }
}

/// Runs every step, also after a failed one, and closes with the failures and the totals of all tests.
pub(crate) fn run_all(steps: Vec<Step<'_>>) -> ExitCode {
    let start = Instant::now();
    let count = steps.len();
    let mut totals = Totals::default();
    let mut failures = Vec::new();

    for (index, step) in steps.into_iter().enumerate() {
        let label = format!("[{}/{count}] {}", index + 1, step.name);
        let step_start = Instant::now();
        // What speaks for itself gets a line before its output and one after it.
        let speaks = matches!(step.work, Work::SetUp(_) | Work::Tests(..));
        print!("{label}{}", if speaks { "\n" } else { " ... " });
        let _ = std::io::stdout().flush();
        let result = match step.work {
            Work::Commands(commands) => run_quietly(commands),
            Work::Check(task) | Work::SetUp(task) => task(),
            Work::Tests(command, read) => run_tests(command(), read, &mut totals),
        };
        if speaks {
            print!("{label} ... ");
        }
        let seconds = step_start.elapsed().as_secs_f64();
        match result {
            Ok(()) => println!("{seconds:.1}s"),
            Err(error) => {
                println!("FAILED {seconds:.1}s\n{error:#}");
                failures.push(label);
            }
        }
    }

    println!("\n{count} steps in {:.0}s", start.elapsed().as_secs_f64());
    for label in &failures {
        println!("FAILED {label}");
    }
    println!("{totals}");
    if failures.is_empty() && totals.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn run_quietly(commands: Vec<Command>) -> anyhow::Result<()> {
    for mut command in commands {
        keep_colours(&mut command);
        let (status, output) = run(&mut command, |_| {})?;
        anyhow::ensure!(status.success(), "{output}\n{}", alone(&command));
    }
    Ok(())
}

fn run_tests(
    mut command: Command,
    read: fn(&str) -> Totals,
    totals: &mut Totals,
) -> anyhow::Result<()> {
    keep_colours(&mut command);
    let (status, output) =
        run(&mut command, |line| println!("{line}")).context("cannot run the tests")?;
    *totals += read(&output);
    anyhow::ensure!(status.success(), "{}", alone(&command));
    Ok(())
}

fn alone(command: &Command) -> String {
    format!("to run it alone: {}", shell(command))
}
