use std::{fmt, sync::Arc, time::Duration};

use steeple_core::errors::{ErrorReport, ErrorSink};

use crate::mailbox::Mailbox;

/// Sends reports of errors to Sentry: to be given to [`ObserverBuilder::error_sink`](steeple_core::ObserverBuilder::error_sink).
#[derive(Clone)]
pub struct SentrySink(pub(crate) Arc<Mailbox>);

impl ErrorSink for SentrySink {
    fn error(&self, report: &Arc<ErrorReport>) {
        self.0.report(report);
    }

    fn rescue(&self, deadline: Duration) {
        self.0.wait(deadline);
    }
}

impl fmt::Debug for SentrySink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SentrySink(..)")
    }
}
