//! The sizes of bodies.

use steeple_core::{HttpVersion, RequestHead, ResponseHead};

use crate::stage::Stage;

#[test]
fn whatever_size_a_client_claims_the_sum_of_sizes_never_goes_back() {
    let stage = Stage::new();
    for claimed in ["9223372036854775808", "18446744073709551615"] {
        let head = RequestHead {
            method: "POST",
            scheme: None,
            version: HttpVersion::Http11,
            route: None,
            headers: &[("content-length", claimed)],
            body_size: None,
            details: &Default::default,
        };
        let mut observation = stage.observer.start(&head);
        observation.respond(&ResponseHead {
            status: 413,
            headers: &(),
            body_size: Some(0),
        });
    }
    let snapshot = stage.registry.snapshot();
    let sizes = snapshot.family("http_server_request_body_size_bytes");
    let sizes = sizes.and_then(|family| family.series[0].value.as_histogram());
    let seen = sizes.map(|sizes| (sizes.count(), sizes.sum()));
    assert_eq!(seen, Some((2, 2.0 * i64::MAX as f64)));
}
