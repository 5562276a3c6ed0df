use std::{
    io::ErrorKind,
    time::{Duration, Instant},
};

use futures_util::lock::Mutex;
use steeple_otlp::{Failure, Probe, Signal};

use super::{Code, Diagnosis, Severity};

/// How long a backend may take to answer.
const LIMIT: Duration = Duration::from_secs(2);
/// Who asks again sooner is told the same, so that many who ask are no load for the backend.
const PAUSE: Duration = Duration::from_secs(10);

/// The export, as far as the doctor sees it.
pub(crate) struct Exporter {
    probe: Probe,
    exports_traces: bool,
    /// Held while a backend is asked, so that it is asked once at a time.
    known: Mutex<Option<(Instant, Vec<Diagnosis>)>>,
}

impl Exporter {
    pub(crate) fn new(probe: Probe, exports_traces: bool) -> Self {
        Self {
            probe,
            exports_traces,
            known: Mutex::new(None),
        }
    }

    pub(super) fn exports_traces(&self) -> bool {
        self.exports_traces
    }

    /// Sends an empty request of each signal.
    pub(super) async fn examine(&self) -> Vec<Diagnosis> {
        let mut known = self.known.lock().await;
        if let Some((when, diagnoses)) = &*known
            && when.elapsed() < PAUSE
        {
            return diagnoses.clone();
        }
        let answers = self.probe.send(LIMIT).await;
        let failures = answers
            .into_iter()
            .filter_map(|(signal, answer)| Some((signal, answer.err()?)));
        let diagnoses: Vec<_> = failures
            .filter_map(|(signal, failure)| diagnosis(signal, failure))
            .collect();
        *known = Some((Instant::now(), diagnoses.clone()));
        diagnoses
    }
}

fn diagnosis(signal: Signal, failure: Failure) -> Option<Diagnosis> {
    let signal = signal.as_str();
    let (code, what, fix) = match failure {
        Failure::Connection(kind) => (
            Code::ExporterUnreachable,
            format!(
                "the backend of {signal} is not reached: {}",
                kind.unwrap_or(ErrorKind::Other)
            ),
            "see whether it runs, and whether host, port and scheme of the endpoint are right",
        ),
        Failure::TimedOut => (
            Code::ExporterUnreachable,
            format!("the backend of {signal} does not answer within {LIMIT:?}"),
            "see whether it runs, and whether it is the protocol and the port that it speaks",
        ),
        Failure::Tls => (
            Code::ExporterTls,
            format!("TLS with the backend of {signal} is not agreed on"),
            "see whether its certificate is for that host and from an authority that is trusted, and whether it asks for one",
        ),
        // What is empty may be refused for that alone.
        Failure::Status(400 | 411 | 413 | 422) => return None,
        Failure::Status(status) => (
            Code::ExporterRefused,
            format!("the backend of {signal} answers with status {status}"),
            fix_of(status),
        ),
        Failure::Call(code) => (
            Code::ExporterRefused,
            format!(
                "the backend of {signal} answers with status {} of gRPC",
                code.as_str()
            ),
            "see whether headers and endpoint are right, and whether it takes this signal",
        ),
        _ => (
            Code::ExporterRefused,
            format!("what answers for the backend of {signal} speaks another protocol"),
            "see whether it is the port of the protocol",
        ),
    };
    Some(Diagnosis::new(code, Severity::Error, what, fix))
}

fn fix_of(status: u16) -> &'static str {
    match status {
        401 | 403 => "see whether the header that it asks for is there and valid",
        404 | 405 => {
            "see whether the path of the endpoint is right, and whether it takes this signal"
        }
        429 | 500.. => "see what the backend logs",
        _ => "see whether it is an endpoint of OTLP",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_may_be_refused() {
        assert_eq!(diagnosis(Signal::Logs, Failure::Status(400)), None);
        let told = diagnosis(Signal::Logs, Failure::Status(401)).unwrap();
        assert_eq!(
            (told.code, told.severity),
            (Code::ExporterRefused, Severity::Error)
        );
        assert!(told.fix.contains("header"), "{told}");
    }

    #[test]
    fn tls_is_told_from_a_connection() {
        let code = |failure| diagnosis(Signal::Traces, failure).unwrap().code;
        assert_eq!(code(Failure::Tls), Code::ExporterTls);
        assert_eq!(code(Failure::TimedOut), Code::ExporterUnreachable);
    }
}
