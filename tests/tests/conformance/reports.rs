//! The reports of errors that a test saw.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use steeple::core::errors::{ErrorReport, ErrorSink, Subject};

use crate::records::Full;

#[derive(Clone, Default)]
pub(crate) struct Reports(Arc<Mutex<Vec<Arc<ErrorReport>>>>);

impl ErrorSink for Reports {
    fn error(&self, report: &Arc<ErrorReport>) {
        self.0.lock().unwrap().push(Arc::clone(report));
    }
}

impl Reports {
    /// There is one report of each failure among `records`, with its identity, and no other.
    pub(crate) fn agree(&self, records: &[&Full]) {
        let failures: BTreeMap<_, _> = records
            .iter()
            .filter(|record| record.seen.error_type.is_some())
            .map(|record| (&*record.request_id, *record))
            .collect();
        let deadline = Instant::now() + Duration::from_secs(10);
        // A report follows its record.
        while self.0.lock().unwrap().len() < failures.len() {
            assert!(Instant::now() < deadline, "a failure is not reported");
            thread::yield_now();
        }
        let reports = self.0.lock().unwrap();
        assert_eq!(reports.len(), failures.len(), "{reports:#?}");
        for report in &*reports {
            let id = report.request_id.unwrap();
            let record = failures[id.as_str()];
            let trace = report.trace.unwrap();
            assert_eq!(trace.trace_id().to_string(), record.trace_id);
            assert_eq!(trace.span_id().to_string(), record.span_id);
            let Subject::Request(request) = &report.subject else {
                panic!("{report:#?}");
            };
            let seen = &record.seen;
            assert_eq!(
                (&request.route, request.status, request.outcome),
                (&seen.route, seen.status, Some(seen.outcome))
            );
            let said = seen.panic.as_ref().or(seen.error.as_ref());
            if let Some(said) = said {
                assert_eq!(&report.error().message, said);
            }
            assert_eq!(report.location.is_some(), seen.panic.is_some());
        }
    }
}
