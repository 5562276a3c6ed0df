//! The records that scenarios expect.

use steeple::Outcome;

use crate::records::Seen;

/// An ordinary GET of `/ok`.
pub(crate) fn success() -> Seen {
    Seen {
        method: "GET".to_owned(),
        route: "/ok".to_owned(),
        status: Some(200),
        outcome: Outcome::Success,
        error_type: None,
        request_size: Some(0),
        request_broken: false,
        response_size: 5,
        rpc: None,
        upgraded: false,
        streaming: false,
        panic: None,
        error: None,
    }
}

pub(crate) fn seen(route: &str, status: u16, response_size: u64, outcome: Outcome) -> Seen {
    Seen {
        route: route.to_owned(),
        status: Some(status),
        response_size,
        outcome,
        ..success()
    }
}

pub(crate) fn failed(seen: Seen, error_type: &str) -> Seen {
    Seen {
        error_type: Some(error_type.to_owned()),
        ..seen
    }
}

/// What a request leaves that nobody waited for.
pub(crate) fn left(route: &str) -> Seen {
    Seen {
        status: None,
        ..seen(route, 0, 0, Outcome::CancelledBeforeHead)
    }
}

/// What a panic before the head leaves.
pub(crate) fn panicked(route: &str, message: &str) -> Seen {
    Seen {
        panic: Some(message.to_owned()),
        ..failed(seen(route, 500, 0, Outcome::Panicked), "panic")
    }
}
