//! What a call of gRPC that goes out tells besides its request.

use std::time::Duration;

use crate::{
    grpc::{Call, GrpcStatus, Shown, Timeout},
    headers::{self, Headers},
    outcome::{ErrorType, TIMEOUT},
    outgoing::{OutgoingHead, end::End, record::CANCELLED},
    route::{LONGEST_TEMPLATE, Route, Routes},
};

/// A call that has not settled.
pub(crate) struct Rpc {
    /// The method, or its path as long as it has no name.
    method: Result<Route, Box<str>>,
    timeout: Timeout,
    status: Option<GrpcStatus>,
}

impl Rpc {
    /// What `head` says of a call, if it is one.
    pub(crate) fn of(head: &OutgoingHead<'_>, routes: &Routes) -> Option<Self> {
        let mut is_grpc = false;
        let mut timeout = Timeout::default();
        head.headers.visit(&mut |name, value| match name {
            "content-type" => is_grpc = headers::is_grpc(value),
            "grpc-timeout" => timeout.keep(value),
            _ => {}
        });
        let path = Some(head.path).filter(|path| path.len() <= LONGEST_TEMPLATE);
        is_grpc.then(|| Self {
            method: routes
                .find(head.path)
                .ok_or_else(|| path.unwrap_or_default().into()),
            timeout,
            status: None,
        })
    }

    /// Takes in the status, if these fields of the answer tell one.
    pub(crate) fn read(&mut self, fields: &dyn Headers) {
        self.status = headers::grpc_status(fields).or(self.status);
    }

    /// What became of the call `elapsed` after it was sent, whose answer had `http_status`, and the type of its error.
    pub(crate) fn settle(
        self,
        end: End,
        http_status: Option<u16>,
        elapsed: Duration,
        routes: &Routes,
    ) -> (Call, Option<ErrorType>) {
        let (status, error) = match self.told(end, http_status) {
            Some(status) => (status, status.client_error()),
            None if self.timeout.read().is_some_and(|most| elapsed >= most) => {
                (GrpcStatus::DeadlineExceeded, Some(TIMEOUT))
            }
            None => match (end, http_status) {
                (End::Failed(error), None) => (GrpcStatus::Unavailable, Some(error)),
                (End::Failed(error), Some(_)) => (GrpcStatus::Internal, Some(error)),
                (End::Finished | End::Dropped, _) => (GrpcStatus::Cancelled, Some(CANCELLED)),
            },
        };
        let method = match self.method {
            Ok(method) => Some(method),
            Err(path) => routes.find_or_enter(&path, || shown(status)),
        };
        let method = method.unwrap_or_default();
        (Call { method, status }, error.map(ErrorType::Named))
    }

    /// The status that the answer tells, if it came to that.
    fn told(&self, end: End, http_status: Option<u16>) -> Option<GrpcStatus> {
        match (end, http_status) {
            (End::Failed(_), _) | (_, None) => None,
            (End::Dropped, Some(200)) => self.status,
            (End::Finished | End::Dropped, Some(status)) => {
                Some(self.status.unwrap_or(GrpcStatus::of_http(status)))
            }
        }
    }
}

/// A proxy calls what its clients name, so that a call that fails does not show as much as one that succeeds.
fn shown(status: GrpcStatus) -> Shown {
    match status {
        GrpcStatus::Ok => Shown::Exists,
        GrpcStatus::Unimplemented => Shown::Nothing,
        _ => Shown::MayExist,
    }
}
