//! The scenarios of request bodies.

use steeple::Outcome;

use crate::{adapter::Adapter, expected::seen, records::Seen, stage::Stage};

pub(crate) fn a_request_body_is_measured_by_its_length(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let length = [("content-length", "6")];
    assert_eq!(
        stage.send("POST", "/length", &length, "abcdef").body,
        "Ok(6)"
    );
    stage.settles(Seen {
        request_size: Some(6),
        ..posted("/length", 200, 5, Outcome::Success)
    });
}

pub(crate) fn a_chunked_request_body_is_counted(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let mut client = stage.client();
    client.send_in_parts("POST", "/length", &[b"abc", b"defg"]);
    assert_eq!(client.answer().body, "Ok(7)");
    stage.settles(Seen {
        request_size: adapter.traits().counts_request_bodies.then_some(7),
        ..posted("/length", 200, 5, Outcome::Success)
    });
}

pub(crate) fn a_request_body_that_breaks_off_is_not_the_service_s_fault(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let mut client = stage.client();
    client.send("POST", "/upload", &[("content-length", "10")], "abcd");
    client.says_no_more();
    breaks_off(&stage, 4);
}

pub(crate) fn a_malformed_request_body_is_not_the_service_s_fault(adapter: &impl Adapter) {
    let stage = Stage::new(adapter);
    let chunked = [("transfer-encoding", "chunked")];
    let mut client = stage.http1_client();
    client.send("POST", "/upload", &chunked, "3\r\nabc\r\nmore\r\n");
    breaks_off(&stage, 3);
}

/// The handler answers with 500, since it could not read the body.
fn breaks_off(stage: &Stage, size: u64) {
    stage.settles(Seen {
        request_size: Some(size),
        request_broken: true,
        ..posted("/upload", 500, 0, Outcome::ClientError)
    });
    assert_eq!(stage.total("http_server_request_body_errors_total"), 1);
}

fn posted(route: &str, status: u16, response_size: u64, outcome: Outcome) -> Seen {
    Seen {
        method: "POST".to_owned(),
        ..seen(route, status, response_size, outcome)
    }
}
