//! The service without its listener, as an application's own router would mount it.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use steeple_core::ops::{OpsRequest, OpsService};
use steeple_ops::{BindError, Endpoints};

use crate::{TOKEN, ops};

fn status(service: &Endpoints, host: &'static str, authorization: &str) -> u16 {
    let request = OpsRequest::new("GET", "/livez").with_header("host", host);
    answer(
        service,
        request.with_header("authorization", authorization.to_owned()),
    )
}

fn answer(service: &Endpoints, request: OpsRequest) -> u16 {
    match pin!(service.call(request)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(response) => response.status(),
        Poll::Pending => panic!("a probe does not wait"),
    }
}

#[test]
fn a_mounted_service_brings_its_checks_along() {
    let service = ops()
        .token(TOKEN)
        .allow_host("shop.example")
        .service()
        .unwrap();
    let authorized = format!("Bearer {TOKEN}");

    assert_eq!(status(&service, "shop.example", &authorized), 200);
    assert_eq!(status(&service, "evil.example", &authorized), 421);
    assert_eq!(status(&service, "shop.example", "Bearer wrong"), 401);
    assert_eq!(status(&service, "localhost", ""), 401);
}

#[test]
fn several_hosts_are_a_bad_request_and_that_of_the_target_is_the_one_there_is() {
    let service = ops().token(TOKEN).service().unwrap();
    let request = |host| {
        OpsRequest::new("GET", "/livez")
            .with_header("host", "localhost")
            .with_header("host", host)
            .with_header("authorization", format!("Bearer {TOKEN}"))
    };

    assert_eq!(answer(&service, request("evil.example")), 400);
    assert_eq!(answer(&service, request("localhost")), 400);
    for (authority, status) in [("localhost:9464", 200), ("evil.example", 421)] {
        let request = request("localhost").with_authority(authority);
        assert_eq!(answer(&service, request), status, "{authority}");
    }
}

#[test]
fn a_service_without_a_token_is_not_to_be_mounted() {
    let error = ops().service().unwrap_err();

    assert!(matches!(error, BindError::ServiceTokenMissing), "{error}");
}
