//! What an observation knows of a gRPC call.

use std::time::Duration;

use crate::{
    grpc::{Call, GrpcStatus, Shown},
    observation::State,
    observer::Shared,
    outcome::Outcome,
    route::{LONGEST_TEMPLATE, Route},
};

impl State {
    /// Takes in the path of a call.
    #[inline(never)]
    pub(crate) fn called(&mut self, path: &str) {
        let Some(shared) = &self.shared else {
            return;
        };
        self.fields.grpc_method = shared.routes.find(path);
        if self.fields.grpc_method.is_none() && path.len() <= LONGEST_TEMPLATE {
            self.fields.path.clear();
            self.fields.path.push_str(path);
        }
    }

    /// Whether this is a gRPC call: its request says so and, if there is one, its answer.
    pub(crate) fn is_call(&self) -> bool {
        let progress = &self.progress;
        self.fields.grpc
            && (progress.status == 0 || progress.grpc_answer || progress.grpc_status.is_some())
    }

    /// The status of a call that was answered to its end.
    pub(crate) fn call_status(&self) -> Option<GrpcStatus> {
        let status = self.progress.grpc_status.unwrap_or(GrpcStatus::Unknown);
        self.is_call().then_some(status)
    }

    /// Whether the caller has stopped waiting.
    #[cold]
    pub(crate) fn is_past_deadline(&self) -> bool {
        self.is_call()
            && (self.fields.grpc_timeout.read())
                .is_some_and(|timeout| Duration::from(self.beginning.started.elapsed()) >= timeout)
    }

    /// What became of the call, if it is one. Its method takes the place of the route that no router told.
    #[inline]
    pub(crate) fn settle_call(&mut self, shared: &Shared, outcome: Outcome) -> Option<Call> {
        if !self.is_call() {
            return None;
        }
        let known = self.fields.grpc_method;
        let method = known.or_else(|| self.enter_method(shared));
        if let Some(method) = method
            && self.progress.route == Route::UNMATCHED
        {
            (self.progress.route, self.progress.policy) = (method, *shared.routes.policy(method));
        }
        Some(Call {
            method: method.unwrap_or_default(),
            status: self.status_of(outcome),
        })
    }

    /// Finds the method among those that other calls have shown since, or enters it.
    #[cold]
    fn enter_method(&self, shared: &Shared) -> Option<Route> {
        let shown = || self.shown();
        shared.routes.find_or_enter(&self.fields.path, shown)
    }

    fn shown(&self) -> Shown {
        match self.progress.grpc_status {
            Some(GrpcStatus::Unimplemented) => Shown::Nothing,
            Some(GrpcStatus::Ok) => Shown::Exists,
            // Who sends messages is no middleware.
            _ if self.progress.response_size > 0 => Shown::Exists,
            Some(_) => Shown::MayExist,
            None => Shown::Nothing,
        }
    }

    fn status_of(&self, outcome: Outcome) -> GrpcStatus {
        let told = self.progress.grpc_status;
        match outcome {
            Outcome::CancelledBeforeHead | Outcome::CancelledInBody => GrpcStatus::Cancelled,
            // What servers and clients make of an answer that breaks off.
            Outcome::Panicked | Outcome::BodyError => GrpcStatus::Internal,
            Outcome::TimedOut => told.unwrap_or(GrpcStatus::DeadlineExceeded),
            Outcome::Success | Outcome::ClientError | Outcome::ServerError => {
                told.unwrap_or(GrpcStatus::Unknown)
            }
        }
    }
}
