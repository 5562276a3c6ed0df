//! The records that scenarios expect.

use steeple::{Outcome, core::GrpcStatus};

use crate::{adapter::Adapter, expected::success, records::Seen};

/// A call of the fixture's `method`, which answers and so is known to exist; its one message was read.
pub(super) fn seen(method: &str, status: GrpcStatus, response_size: u64) -> Seen {
    let method = format!("conformance.Fixture/{method}");
    let outcome = match status {
        GrpcStatus::Ok => Outcome::Success,
        status if status.is_failure() => Outcome::ServerError,
        _ => Outcome::ClientError,
    };
    Seen {
        method: "POST".to_owned(),
        route: method.clone(),
        outcome,
        error_type: status.is_failure().then(|| status.as_str().to_owned()),
        request_size: Some(10),
        response_size,
        rpc: Some((method, status)),
        ..success()
    }
}

/// A call of `method`, which did not show that it exists.
pub(super) fn unnamed(method: &str, status: GrpcStatus) -> Seen {
    Seen {
        route: method.to_owned(),
        rpc: Some(("_OTHER".to_owned(), status)),
        ..seen("", status, 0)
    }
}

/// A call of the fixture's `method` that was dropped before there was an answer.
pub(super) fn taken_back(method: &str) -> Seen {
    Seen {
        status: None,
        outcome: Outcome::CancelledBeforeHead,
        ..unnamed(
            &format!("conformance.Fixture/{method}"),
            GrpcStatus::Cancelled,
        )
    }
}

/// A call of the fixture's `method` that was answered with a `status` of HTTP alone, and unread.
pub(super) fn no_call(method: &str, status: u16) -> Seen {
    Seen {
        status: Some(status),
        outcome: Outcome::ServerError,
        error_type: Some(status.to_string()),
        request_size: None,
        rpc: None,
        ..seen(method, GrpcStatus::Unknown, 0)
    }
}

pub(super) fn panicked(method: &str, message: &str, response_size: u64) -> Seen {
    Seen {
        outcome: Outcome::Panicked,
        error_type: Some("panic".to_owned()),
        panic: Some(message.to_owned()),
        ..seen(method, GrpcStatus::Internal, response_size)
    }
}

/// What `adapter` sees of it: the route, and the size of the request if it counts it.
pub(super) fn as_seen_by(adapter: &impl Adapter, seen: Seen) -> Seen {
    let known = seen
        .rpc
        .as_ref()
        .is_some_and(|(method, _)| method != "_OTHER");
    let counts = adapter.traits().counts_request_bodies;
    Seen {
        route: adapter.route_of_call(&seen.route, known),
        request_size: seen.request_size.filter(|_| counts),
        ..seen
    }
}
