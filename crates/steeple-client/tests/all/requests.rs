//! What is sent.

use steeple_client::{
    Authorization, Client, ClientError,
    http::{
        HeaderValue, Method,
        header::{AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, TE, USER_AGENT},
    },
};

use crate::stub::{Request, Stub, run};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\ndone";

fn sent(stub: &Stub, client: &Client) -> Request {
    let text = (CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    let answer = run(client.send(Method::PUT, [text], "spans")).unwrap();
    assert_eq!(answer.body(), "done");
    stub.request()
}

#[test]
fn a_request_has_the_fields_of_the_client_and_its_own() {
    let stub = Stub::saying(OK);
    let plain = sent(&stub, &stub.client());
    assert!(plain.head.starts_with("PUT / HTTP/1.1\r\n"));
    let named = format!("\r\nuser-agent: steeple/{}\r\n", env!("CARGO_PKG_VERSION"));
    assert!(plain.head.contains(&named), "{}", plain.head);
    assert_eq!(plain.body, b"spans");

    let endpoint = stub.endpoint().append_path("/v1/traces").unwrap();
    let client = Client::builder(endpoint)
        .header("api-key".parse().unwrap(), HeaderValue::from_static("k"))
        .header(USER_AGENT, HeaderValue::from_static("agent"))
        .header(CONTENT_TYPE, HeaderValue::from_static("of/all"))
        .build()
        .unwrap();
    let request = sent(&stub, &client);
    assert!(request.head.starts_with("PUT /v1/traces HTTP/1.1\r\n"));
    for line in [
        "api-key: k",
        "user-agent: agent",
        "content-type: text/plain",
    ] {
        let line = format!("\r\n{line}\r\n");
        assert!(request.head.contains(&line), "{}", request.head);
    }
    assert!(!request.head.contains("of/all"), "{}", request.head);
}

#[test]
fn credentials_of_the_endpoint_are_sent_before_those_of_a_header() {
    let stub = Stub::saying(OK);
    let given = HeaderValue::from_static("Bearer other");
    let header = stub.builder().header(AUTHORIZATION, given.clone());
    let request = sent(&stub, &header.build().unwrap());
    assert!(request.head.contains("\r\nauthorization: Bearer other\r\n"));

    let bearer = Authorization::bearer("t0ken").unwrap();
    let both = Client::builder(stub.endpoint().or_authorization(bearer));
    let client = both.header(AUTHORIZATION, given).build().unwrap();
    let request = sent(&stub, &client);
    assert!(request.head.contains("\r\nauthorization: Bearer t0ken\r\n"));
    assert_eq!(request.head.matches("authorization").count(), 1);
}

#[test]
fn fields_that_say_how_a_message_is_sent_are_refused_by_name() {
    let stub = Stub::saying(OK);
    for name in [CONNECTION, CONTENT_LENGTH, TE] {
        let builder = stub
            .builder()
            .header(name.clone(), HeaderValue::from_static("5"));
        let error = builder.build().unwrap_err();
        assert!(error.to_string().contains(name.as_str()), "{error}");
        assert_eq!(error, ClientError::Header { name });
    }
}

#[test]
fn values_of_fields_are_shown_nowhere() {
    let stub = Stub::saying(OK);
    let key = HeaderValue::from_static("secret");
    let builder = stub.builder().header("api-key".parse().unwrap(), key);
    let shown = format!("{builder:?} {:?}", builder.clone().build().unwrap());
    assert!(shown.contains("api-key"), "{shown}");
    assert!(!shown.contains("secret"), "{shown}");
}

#[cfg(feature = "gzip")]
#[test]
fn a_body_is_compressed_if_the_client_is_told_to() {
    use std::io::Read as _;

    let stub = Stub::saying(OK);
    let gzip = steeple_client::Compression::Gzip;
    let client = stub.builder().compression(gzip).build().unwrap();
    let request = sent(&stub, &client);
    assert!(request.head.contains("\r\ncontent-encoding: gzip\r\n"));
    let mut body = String::new();
    let mut decoder = flate2::read::GzDecoder::new(&*request.body);
    decoder.read_to_string(&mut body).unwrap();
    assert_eq!(body, "spans");
}
