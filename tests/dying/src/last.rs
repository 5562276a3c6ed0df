use std::{
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use steeple_core::errors::{ErrorReport, ErrorSink, Subject};

/// Prints what it was told once the process is dying.
#[derive(Default)]
pub(crate) struct Last {
    told: Mutex<Vec<Arc<ErrorReport>>>,
    /// Whether it never gets there.
    stalls: bool,
    /// Whether it takes its time for each.
    is_slow: bool,
}

impl Last {
    pub(crate) fn new(mode: &str) -> Self {
        Self {
            stalls: mode == "stalls",
            is_slow: mode == "crowded",
            ..Self::default()
        }
    }
}

impl ErrorSink for Last {
    fn error(&self, report: &Arc<ErrorReport>) {
        if self.is_slow {
            thread::sleep(Duration::from_millis(1));
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.push(Arc::clone(report));
    }

    #[expect(clippy::print_stdout, reason = "this is how it tells")]
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
