//! How what is observed ended.

use crate::{
    grpc::GrpcStatus,
    label::OTHER,
    observation::state::{State, Trouble},
    outcome::{ErrorType, Outcome, TIMEOUT},
};

/// What the application says of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Failure,
    NoFailure,
}

impl State {
    pub(crate) fn judge(&mut self, verdict: Verdict) {
        self.progress.verdict = Some(verdict);
    }

    pub(crate) fn classify(&mut self, verdict: Verdict) {
        self.progress.classified = Some(verdict);
    }

    /// The outcome of what is over.
    #[inline]
    pub(super) fn settled_outcome(&self) -> Outcome {
        let outcome = self.outcome();
        if self.is_request_broken() {
            outcome.of_broken_request()
        } else {
            outcome
        }
    }

    #[inline]
    fn outcome(&self) -> Outcome {
        if let Some((outcome, _)) = self.progress.failure {
            return outcome;
        }
        match (self.progress.complete, self.progress.status) {
            (false, _) if self.is_past_deadline() => Outcome::TimedOut,
            (false, 0) => Outcome::CancelledBeforeHead,
            (false, _) => Outcome::CancelledInBody,
            (true, status) => self.judged(match self.call_status() {
                Some(grpc_status) if status != 0 => Outcome::of_grpc_status(grpc_status),
                _ => Outcome::of_status(status),
            }),
        }
    }

    /// The outcome of an answer, unless the application says otherwise.
    fn judged(&self, outcome: Outcome) -> Outcome {
        let verdict = self.progress.verdict.or(self.progress.classified);
        match (verdict, outcome.is_failure()) {
            (Some(Verdict::Failure), false) => Outcome::ServerError,
            (Some(Verdict::NoFailure), true) => Outcome::Success,
            _ => outcome,
        }
    }

    #[inline]
    pub(crate) fn error_type(
        &self,
        outcome: Outcome,
        trouble: Option<&Trouble>,
    ) -> Option<ErrorType> {
        outcome
            .is_failure()
            .then(|| self.failure_type(outcome, trouble))
    }

    #[cold]
    fn failure_type(&self, outcome: Outcome, trouble: Option<&Trouble>) -> ErrorType {
        let error = trouble.and_then(|trouble| trouble.error.as_ref());
        let attached = || {
            error
                .and_then(|error| error.type_name)
                .map(ErrorType::Named)
        };
        match self.progress.failure {
            Some((Outcome::ServerError, error_type)) => {
                attached().unwrap_or(ErrorType::Named(error_type))
            }
            Some((_, error_type)) => ErrorType::Named(error_type),
            None if outcome == Outcome::TimedOut => ErrorType::Named(TIMEOUT),
            None => {
                attached().unwrap_or_else(|| match (self.call_status(), self.progress.status) {
                    (Some(status), _) if status != GrpcStatus::Ok => {
                        ErrorType::Named(status.as_str())
                    }
                    (None, status @ 400..) => ErrorType::Status(status),
                    _ => ErrorType::Named(OTHER),
                })
            }
        }
    }
}
