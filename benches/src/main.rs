//! The bench harness: `all` measures every subject and prints one report.

use std::{env, process::ExitCode};

use steeple_benches::{
    Allocations, ChildError, CountingAllocator, Report, Subject, UnknownSubject, bars,
    bytes_of_two_series, contended_record_costs, event_costs, lookup_allocations, lookup_costs,
    nanoseconds_per_request, record_costs, render_allocations, render_costs, serve, throughput,
};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const USAGE: &str = "\
usage: steeple-benches all [--check] [--no-instructions]
       steeple-benches list
       steeple-benches run SUBJECT REQUESTS
       steeple-benches allocations | time | scaling SUBJECT
       steeple-benches record | contended | lookup | lookup-allocations
       steeple-benches event
       steeple-benches render | render-allocations LINES
       steeple-benches memory LIBRARY

all          measure every subject and print the report; --check fails when a bar is missed, or
             asked for and not measured; --no-instructions leaves out what needs valgrind
list         the names of the subjects
run          serve that many requests, as the instruction count does
record       the cost of a record through a histogram's handle
contended    the same on each of two threads that record into one histogram
lookup       the cost of a counter's increment by labels of run time
event        the cost of an event of `tracing` in three nested spans
render       the cost of a line of so many
memory       the bytes of a counter and a histogram together
the others   print one measure of one subject
";

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{USAGE}")]
    Usage,
    #[error(transparent)]
    Subject(#[from] UnknownSubject),
    #[error(transparent)]
    Measurement(#[from] ChildError),
    #[error("bars not met: {0}")]
    Bars(String),
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match obey(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn obey(arguments: &[&str]) -> Result<(), Failure> {
    match *arguments {
        ["all", ref options @ ..] => all(options),
        ["list"] => {
            Subject::ALL
                .iter()
                .for_each(|subject| println!("{subject}"));
            Ok(())
        }
        ["run", subject, requests] => {
            serve(subject.parse()?, count(requests)? as u64);
            Ok(())
        }
        ["allocations", subject] => {
            let Allocations { count, bytes } = Allocations::per_request(subject.parse()?);
            println!("{count} {bytes}");
            Ok(())
        }
        ["time", subject] => {
            println!("{}", nanoseconds_per_request(subject.parse()?));
            Ok(())
        }
        ["scaling", subject] => {
            let throughput = throughput(subject.parse()?);
            println!("{} {}", throughput.one, throughput.two);
            Ok(())
        }
        ["memory", library] => {
            let bytes = bytes_of_two_series(library).ok_or(Failure::Usage)?;
            println!("{bytes:.0}");
            Ok(())
        }
        ["record"] => print_costs(&record_costs()),
        ["contended"] => print_costs(&contended_record_costs()),
        ["event"] => print_costs(&event_costs()),
        ["lookup"] => print_costs(&lookup_costs()),
        ["lookup-allocations"] => print_costs(&lookup_allocations()),
        ["render", lines] => print_costs(&render_costs(count(lines)?)),
        ["render-allocations", lines] => print_costs(&render_allocations(count(lines)?)),
        _ => Err(Failure::Usage),
    }
}

fn count(argument: &str) -> Result<usize, Failure> {
    argument.parse().map_err(|_| Failure::Usage)
}

fn print_costs(costs: &[(&'static str, f64)]) -> Result<(), Failure> {
    for (name, cost) in costs {
        println!("{name}: {cost:.2}");
    }
    Ok(())
}

fn all(options: &[&str]) -> Result<(), Failure> {
    if let Some(_unknown) = options
        .iter()
        .find(|option| !["--check", "--no-instructions"].contains(option))
    {
        return Err(Failure::Usage);
    }
    let report = Report::measure(!options.contains(&"--no-instructions"))?;
    println!("{report}");
    let failed: Vec<String> = bars(&report)
        .iter()
        .filter(|bar| !bar.passes())
        .map(|bar| format!("{}: {}", bar.name, bar.verdict()))
        .collect();
    if options.contains(&"--check") && !failed.is_empty() {
        return Err(Failure::Bars(failed.join("; ")));
    }
    Ok(())
}
