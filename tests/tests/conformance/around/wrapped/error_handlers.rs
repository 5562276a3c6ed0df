//! Answers that are replaced.

use actix_web::{
    HttpResponse,
    body::MessageBody,
    dev::ServiceResponse,
    http::StatusCode,
    middleware::{ErrorHandlerResponse, ErrorHandlers},
};
use steeple::Outcome;

use crate::{
    around::wrapped::framework::{leaves_alone, stage},
    expected::{failed, seen},
    stage::Stage,
};

const LATER: &str = "come back later";

/// A 503 in place of each 500.
fn handlers<B: MessageBody + 'static>() -> ErrorHandlers<B> {
    ErrorHandlers::new().handler(StatusCode::INTERNAL_SERVER_ERROR, unavailable)
}

fn unavailable<B: MessageBody + 'static>(
    response: ServiceResponse<B>,
) -> actix_web::Result<ErrorHandlerResponse<B>> {
    let (request, _) = response.into_parts();
    let response = HttpResponse::ServiceUnavailable().body(LATER);
    let response = ServiceResponse::new(request, response.map_into_right_body());
    Ok(ErrorHandlerResponse::Response(response))
}

fn is_replaced(stage: &Stage) {
    let answer = stage.get("/status/500");
    assert_eq!((answer.status, answer.body.as_str()), (503, LATER));
}

pub(in crate::around) fn error_handlers_inside_count_as_they_answer() {
    let stage = stage!(inside handlers());
    is_replaced(&stage);
    let size = LATER.len() as u64;
    let replaced = seen("/status/{code}", 503, size, Outcome::ServerError);
    stage.settles(failed(replaced, "503"));
}

pub(in crate::around) fn error_handlers_outside_leave_the_answer_of_the_handler() {
    let stage = stage!(outside handlers());
    is_replaced(&stage);
    // The handler's empty answer was complete, whatever was sent in its place.
    let replaced = seen("/status/{code}", 500, 0, Outcome::ServerError);
    stage.settles(failed(replaced, "500"));
}

// A panic is no response to them: inside it passes them by, outside it comes as an error.

pub(in crate::around) fn error_handlers_inside_leave_other_requests_alone() {
    leaves_alone(&stage!(inside handlers()));
}

pub(in crate::around) fn error_handlers_outside_leave_other_requests_alone() {
    leaves_alone(&stage!(outside handlers()));
}
