//! A process that dies of a panic: in a request, in a thread, of two at once, after many, or in its hook. What its sink is told leaves it by
//! standard output, but when it is too late alone, before so many milliseconds have passed as are given; or else it goes to the file and the
//! DSN that are given and, as a line of the log, to standard output. The fault tests build it with `panic = "abort"`, too.

mod last;

use std::{env, error::Error, panic, thread, time::Duration};

use steeple_core::{HttpVersion, Observer, RequestHead};
use steeple_errors::ErrorTracker;
use steeple_logs::Logs;
use steeple_sentry::Sentry;

use self::last::Last;

/// Longer than half a second: in a debug build the names of what is on the stack take that.
const PATIENCE: Duration = Duration::from_secs(60);

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("the bomb went off");
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let mode = arguments.next().unwrap_or_default();
    if mode == "hook" {
        panic::set_hook(Box::new(|_| panic!("the hook is broken")));
    }
    match (arguments.next(), arguments.next()) {
        (Some(file), Some(dsn)) => {
            let tracker = ErrorTracker::builder().file(file).start()?;
            let sentry = Sentry::builder().dsn(&dsn).start()?;
            let logs = Logs::builder("shop").error_log().start()?;
            let builder = Observer::builder().rescue_deadline(PATIENCE);
            let builder = builder.error_sink(tracker.sink());
            let builder = match logs.error_log() {
                Some(log) => builder.error_sink(log),
                None => builder,
            };
            die(&mode, &sentry.connect(builder).build()?);
        }
        (deadline, _) => {
            let builder = Observer::builder().error_sink(Last::new(&mode));
            let builder = match deadline {
                Some(millis) => builder.rescue_deadline(Duration::from_millis(millis.parse()?)),
                None => builder,
            };
            die(&mode, &builder.build()?);
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this is how it tells")]
fn die(mode: &str, observer: &Observer) {
    observer.serve_process();
    if mode == "crowded" {
        for _ in 0..400 {
            let _ = panic::catch_unwind(|| panic!("lost for a while"));
        }
    }
    let mut observation = observer.start(&RequestHead {
        method: "GET",
        scheme: None,
        version: HttpVersion::Http11,
        route: Some("/orders/{id}".into()),
        headers: &(),
        body_size: Some(0),
        details: &Default::default,
    });
    let panicked = observation.run(|| match mode {
        "thread" => drop(thread::spawn(|| panic!("lost for good")).join()),
        "twice" | "crowded" => {
            let _bomb = Bomb;
            panic!("lost for good");
        }
        _ => panic!("lost for good"),
    });
    println!("caught: {}", panicked.is_err());
}
