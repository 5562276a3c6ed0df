//! The project's tasks: everything that CI runs, runnable by hand.
#![allow(clippy::print_stdout, reason = "a command line tool speaks on stdout")]

mod backends;
mod bench;
mod cargo;
mod changes;
mod docs;
mod features;
mod fuzz;
mod process;
mod rules;
mod steps;
mod test;
mod totals;
mod workspace;

use std::process::ExitCode;

use workspace::Workspace;

const USAGE: &str = "\
usage: cargo xtask <task>

  test [--offline] [--all]  every check and test that CI runs
         --offline            leave out the tests that need real servers, and fetch none
         --all                each feature alone of every crate, not only of the changed ones,
                              the fault tests at full size, and the tests with large servers
  bench [arguments]         the benchmarks; the arguments go to them
  fuzz [cases]              the property tests with many more cases (default 20000)
  docs                      the API documentation, without that of dependencies";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> anyhow::Result<ExitCode> {
    let Some((task, options)) = arguments.split_first() else {
        anyhow::bail!("no task given\n\n{USAGE}");
    };
    match task.as_str() {
        "test" => test::run(&Workspace::read()?, test::Options::parse(options)?),
        "bench" => bench::run(&Workspace::read()?, options),
        "fuzz" => fuzz::run(&Workspace::read()?, options),
        "docs" => docs::run(),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        unknown => anyhow::bail!("unknown task `{unknown}`\n\n{USAGE}"),
    }
}
