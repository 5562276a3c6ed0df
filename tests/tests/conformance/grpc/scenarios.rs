//! The scenarios.

use std::{thread, time::Duration};

use steeple::{Outcome, core::GrpcStatus};

use crate::{
    adapter::{Adapter, Setup},
    grpc::{
        client::Ended,
        expected::{no_call, panicked, seen, taken_back, unnamed},
        stage::Stage,
    },
    records::Seen,
};

/// Ended with `status` before there was any message.
fn in_headers(ended: &Ended, status: &str) -> bool {
    ended.messages.is_empty() && ended.status == (Some(status.to_owned()), None)
}

/// Ended with `status` after there were messages.
fn in_trailers(ended: &Ended, messages: &[&str], status: &str) -> bool {
    ended.messages == messages && ended.status == (None, Some(status.to_owned()))
}

pub(crate) fn an_answer_is_ok(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert!(in_trailers(&stage.call("Ok"), &["hello"], "0"));
    stage.settles(seen("Ok", GrpcStatus::Ok, 10));
}

pub(crate) fn ok_in_the_headers_is_a_success(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert!(in_headers(&stage.call("Empty"), "0"));
    stage.settles(seen("Empty", GrpcStatus::Ok, 0));
}

pub(crate) fn a_status_of_the_caller_is_a_client_error(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert!(in_headers(&stage.call("Missing"), "5"));
    stage.settles(seen("Missing", GrpcStatus::NotFound, 0));
}

pub(crate) fn unknown_in_the_headers_is_a_server_error(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert!(in_headers(&stage.call("Unknown"), "2"));
    stage.settles(seen("Unknown", GrpcStatus::Unknown, 0));
}

pub(crate) fn unknown_in_the_trailers_is_a_server_error(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert!(in_trailers(&stage.call("UnknownLate"), &["hello"], "2"));
    stage.settles(unread(seen("UnknownLate", GrpcStatus::Unknown, 10)));
}

pub(crate) fn unavailable_in_the_headers_is_a_server_error(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert!(in_headers(&stage.call("Unavailable"), "14"));
    stage.settles(seen("Unavailable", GrpcStatus::Unavailable, 0));
}

pub(crate) fn unavailable_in_the_trailers_is_a_server_error(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert!(in_trailers(
        &stage.call("UnavailableLate"),
        &["hello"],
        "14"
    ));
    stage.settles(unread(seen("UnavailableLate", GrpcStatus::Unavailable, 10)));
}

/// The request was left alone.
fn unread(seen: Seen) -> Seen {
    Seen {
        request_size: None,
        ..seen
    }
}

pub(crate) fn an_answer_without_a_status_is_unknown(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let ended = stage.call("NoStatus");
    assert_eq!((ended.messages.len(), ended.status), (1, (None, None)));
    stage.settles(unread(seen("NoStatus", GrpcStatus::Unknown, 10)));
}

pub(crate) fn an_http_error_is_no_call(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert_eq!(stage.call("HttpError").status, (None, None));
    stage.settles(no_call("HttpError", 503));
}

pub(crate) fn a_method_that_does_not_exist_has_no_name(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert!(in_headers(&stage.call("MadeUp"), "12"));
    let method = "conformance.Fixture/MadeUp";
    stage.settles(unread(unnamed(method, GrpcStatus::Unimplemented)));
}

pub(crate) fn a_service_that_does_not_exist_has_no_name(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let call = stage.begin_at("/made.Up/Method", &[]);
    assert!(in_headers(&call.half_close().end(), "12"));
    let method = "made.Up/Method";
    stage.settles(unread(unnamed(method, GrpcStatus::Unimplemented)));
}

pub(crate) fn a_panic_before_the_head_is_internal_and_the_service_goes_on(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert!(in_headers(&stage.call("Panic"), "13"));
    stage.settles(panicked("Panic", "lost", 0));
}

pub(crate) fn a_panic_in_the_stream_is_internal_in_the_trailers(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert!(in_trailers(&stage.call("PanicLate"), &["hello"], "13"));
    stage.settles(unread(panicked("PanicLate", "lost in the stream", 10)));
}

pub(crate) fn a_stream_of_the_server_is_counted_to_its_end(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    assert!(in_trailers(&stage.call("Count"), &["1", "2", "3"], "0"));
    let full = stage.settles(unread(seen("Count", GrpcStatus::Ok, 18)));
    assert!(full.head_duration.is_some_and(|head| head < full.duration));
}

pub(crate) fn a_stream_of_the_client_is_read_to_its_end(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let call = stage.begin("Sum").send("four").send("fiver");
    assert!(in_trailers(&call.half_close().end(), &["9"], "0"));
    stage.settles(Seen {
        request_size: Some(19),
        ..seen("Sum", GrpcStatus::Ok, 6)
    });
}

pub(crate) fn streams_of_both_go_on_at_once(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let mut call = stage.begin("Echo").send("ping");
    assert_eq!(call.message(), "ping");
    let mut call = call.send("again");
    assert_eq!(call.message(), "again");
    assert!(in_trailers(&call.half_close().end(), &[], "0"));
    stage.settles(Seen {
        request_size: Some(19),
        ..seen("Echo", GrpcStatus::Ok, 19)
    });
}

pub(crate) fn a_half_closed_stream_goes_on(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let call = stage.begin("AfterHalfClose").send("hello").half_close();
    assert!(in_trailers(&call.end(), &["1", "2", "3"], "0"));
    stage.settles(seen("AfterHalfClose", GrpcStatus::Ok, 18));
}

pub(crate) fn a_reset_before_the_head_is_a_cancellation(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let call = stage.begin("Never").send("hello").half_close();
    stage.inner.wait_until_active(1);
    call.reset();
    stage.settles(unread(taken_back("Never")));
}

/// A call of the endless stream that was dropped within it.
fn broken_off(actual: &Seen) -> Seen {
    Seen {
        outcome: Outcome::CancelledInBody,
        ..unread(seen("Endless", GrpcStatus::Cancelled, actual.response_size))
    }
}

pub(crate) fn a_reset_in_the_stream_is_a_cancellation(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let mut call = stage.begin("Endless").half_close();
    assert_eq!(call.message(), "more");
    call.reset();
    stage.settles_as(broken_off);
}

pub(crate) fn a_reset_of_a_half_open_stream_is_a_cancellation(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let mut call = stage.begin("Echo").send("hello");
    assert_eq!(call.message(), "hello");
    call.reset();
    stage.settles(Seen {
        outcome: Outcome::CancelledInBody,
        ..seen("Echo", GrpcStatus::Cancelled, 10)
    });
}

pub(crate) fn a_connection_that_breaks_is_a_cancellation(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let mut call = stage.begin("Endless").half_close();
    assert_eq!(call.message(), "more");
    stage.leave();
    stage.settles_as(broken_off);
}

pub(crate) fn a_call_past_its_deadline_is_timed_out(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let mut call = stage.begin_at("/conformance.Fixture/Endless", &[("grpc-timeout", "50m")]);
    assert_eq!(call.message(), "more");
    thread::sleep(Duration::from_millis(50));
    call.reset();
    stage.settles_as(|actual| Seen {
        outcome: Outcome::TimedOut,
        error_type: Some("timeout".to_owned()),
        rpc: Some((
            "conformance.Fixture/Endless".to_owned(),
            GrpcStatus::DeadlineExceeded,
        )),
        ..broken_off(actual)
    });
}

pub(crate) fn a_layer_applied_twice_counts_once(adapter: &impl Adapter) {
    let stage = Stage::with(adapter, Setup::Twice);
    assert!(in_trailers(&stage.call("Ok"), &["hello"], "0"));
    stage.settles(seen("Ok", GrpcStatus::Ok, 10));
}

pub(crate) fn a_timeout_outside_is_a_cancellation(adapter: &impl Adapter) {
    let stage = Stage::with(adapter, Setup::TimeoutOutside);
    let ended = stage.call("Never");
    assert!(ended.messages.is_empty());
    stage.settles(unread(taken_back("Never")));
}
