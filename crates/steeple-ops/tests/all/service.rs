//! The service without its listener, as an application's own router would mount it.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use steeple_core::ops::{OpsRequest, OpsService};
use steeple_ops::{BindError, Endpoints};

use crate::{TOKEN, ops};

fn status(service: &Endpoints, host: &'static str, authorization: &str) -> u16 {
    let request = OpsRequest::new("GET", "/livez")
        .with_header("host", host)
        .with_header("authorization", authorization.to_owned());
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
fn a_service_without_a_token_is_not_to_be_mounted() {
    let error = ops().service().unwrap_err();

    assert!(matches!(error, BindError::ServiceTokenMissing), "{error}");
}
