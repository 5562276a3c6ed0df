//! A process that dies of a panic: in a request, in a thread, or of two at once. What its sink is told leaves it by standard
//! output, but when it is too late alone. The fault tests build it with `panic = "abort"`, too.

#![expect(clippy::print_stdout, reason = "this is how it tells")]

use std::{
    env,
    error::Error,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use steeple_core::{
    HttpVersion, Observer, RequestHead,
    errors::{ErrorReport, ErrorSink, Subject},
};

/// Prints what it was told once the process is dying.
#[derive(Default)]
struct Last {
    told: Mutex<Vec<Arc<ErrorReport>>>,
    /// Whether it never gets there.
    stalls: bool,
}

impl ErrorSink for Last {
    fn error(&self, report: &Arc<ErrorReport>) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.push(Arc::clone(report));
    }

    fn rescue(&self, _: Duration) {
        if self.stalls {
            loop {
                thread::park();
            }
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        for report in told.drain(..) {
            let route = match &report.subject {
                Subject::Request(request) => &*request.route,
                _ => "no request",
            };
            let causes: Vec<_> = report.causes.iter().map(|cause| &*cause.message).collect();
            println!("rescued: {} in {route}", causes.join(", after "));
        }
    }
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("the bomb went off");
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mode = env::args().nth(1).unwrap_or_default();
    let last = Last {
        stalls: mode == "stalls",
        ..Last::default()
    };
    let observer = Observer::builder().error_sink(last).build()?;
    observer.serve_process();
    let mut observation = observer.start(&RequestHead {
        method: "GET",
        scheme: None,
        version: HttpVersion::Http11,
        route: Some("/orders/{id}".into()),
        headers: &(),
        body_size: Some(0),
        details: &(),
    });
    let panicked = observation.run(|| match &*mode {
        "thread" => drop(thread::spawn(|| panic!("lost for good")).join()),
        "twice" => {
            let _bomb = Bomb;
            panic!("lost for good");
        }
        _ => panic!("lost for good"),
    });
    println!("caught: {}", panicked.is_err());
    Ok(())
}
