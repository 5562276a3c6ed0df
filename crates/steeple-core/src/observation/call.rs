//! What an observation knows of a gRPC call.

use std::time::Duration;

use crate::{
    grpc::GrpcStatus,
    observation::State,
    observer::Shared,
    outcome::Outcome,
    route::{LONGEST_TEMPLATE, Route},
};

/// Which method was called, as far as it is known to exist, and how that ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) method: Route,
    pub(crate) status: GrpcStatus,
}

/// How many methods are told apart once a call of them was answered.
const MOST_METHODS: usize = 500;
/// How many of them may be known from calls that failed. Any middleware can refuse a call of a method that does not exist,
/// so a client may choose these.
const MOST_FAILED: usize = 100;

impl State {
    /// Takes in the path of a call.
    #[cold]
    pub(crate) fn called(&mut self, path: &str) {
        let Some(shared) = self.shared.as_ref().filter(|_| self.fields.grpc) else {
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
        self.is_call().then(|| self.end_call(shared, outcome))
    }

    #[cold]
    fn end_call(&mut self, shared: &Shared, outcome: Outcome) -> Call {
        let routes = &shared.routes;
        let enter = || routes.find_or_enter(&self.fields.path, || self.most_methods());
        let known = self.fields.grpc_method.or_else(enter);
        if let Some(method) = known
            && self.progress.route == Route::UNMATCHED
        {
            (self.progress.route, self.progress.policy) = (method, routes.policy(method));
        }
        Call {
            method: known.unwrap_or_default(),
            status: self.status_of(outcome),
        }
    }

    /// As far as the table of methods may be filled by what this call shows: that its method exists, or that it may.
    fn most_methods(&self) -> usize {
        match self.progress.grpc_status {
            _ if !is_method(&self.fields.path) => 0,
            Some(GrpcStatus::Unimplemented) => 0,
            Some(GrpcStatus::Ok) => MOST_METHODS,
            // Who sends messages is no middleware.
            _ if self.progress.response_size > 0 => MOST_METHODS,
            Some(_) => MOST_FAILED,
            None => 0,
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

/// Whether `path` is that of a [method](https://github.com/grpc/grpc/blob/v1.76.0/doc/PROTOCOL-HTTP2.md#requests):
/// `/package.Service/Method`.
fn is_method(path: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    path.strip_prefix('/')
        .and_then(|path| path.split_once('/'))
        .is_some_and(|(service, method)| is_name(service) && is_name(method))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_a_service_and_a_name() {
        for good in ["/shop.Orders/Place", "/Orders/place_2", "/a/b"] {
            assert!(is_method(good), "{good}");
        }
        for bad in [
            "", "/", "//", "/a", "/a/", "//b", "a/b", "/a/b/c", "/a/{b}", "/a/%20", "/a/b c",
        ] {
            assert!(!is_method(bad), "{bad}");
        }
    }
}
