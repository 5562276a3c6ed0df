//! What can be changed, and by whom.

use std::{
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use steeple_core::ops::{OpsFuture, OpsRequest, OpsResponse, OpsService};
use steeple_ops::OpsBuilder;

use crate::{TOKEN, client::exchange, ops};

/// Counts changes.
#[derive(Clone, Default)]
struct Setting(Arc<AtomicUsize>);

impl OpsService for Setting {
    fn call(&self, request: OpsRequest) -> OpsFuture {
        if matches!(request.method(), "PUT" | "DELETE") {
            assert_eq!(request.body(), b"debug");
            self.0.fetch_add(1, Relaxed);
        }
        Box::pin(ready(OpsResponse::new(200)))
    }
}

/// The statuses of the answers to requests by these methods and with these fields, and how many changes they made.
fn statuses<const N: usize>(
    configure: impl FnOnce(OpsBuilder) -> OpsBuilder,
    requests: [(&str, &str); N],
) -> ([u16; N], usize) {
    let setting = Setting::default();
    let ops = configure(ops().setting("/log-level", "a setting", setting.clone()));
    let ops = ops.bind().unwrap();
    let statuses = requests.map(|(method, fields)| {
        let request = format!(
            "{method} /log-level HTTP/1.1\r\nhost: localhost:9464\r\nconnection: close\r\ncontent-length: 5\r\n{fields}\r\ndebug"
        );
        exchange(ops.local_addr(), &request).status
    });
    (statuses, setting.0.load(Relaxed))
}

#[test]
fn nobody_changes_anything_where_there_is_no_token() {
    let requests = [("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "")];
    assert_eq!(statuses(|ops| ops, requests), ([200, 403, 403, 405], 0));
}

#[test]
fn whoever_gives_the_token_changes_what_a_setting_is() {
    let token = format!("authorization: Bearer {TOKEN}\r\n");
    let requests = [
        ("PUT", ""),
        (
            "PUT",
            "authorization: Bearer 00112233445566778899aabbccddee00\r\n",
        ),
        ("PUT", &token),
        ("DELETE", &token),
        ("PATCH", &token),
    ];
    let told = statuses(|ops| ops.token(TOKEN), requests);
    assert_eq!(told, ([401, 401, 200, 200, 405], 2));
}

#[test]
fn a_page_of_another_site_changes_nothing_though_it_has_the_token() {
    let with = |fields: &str| format!("authorization: Bearer {TOKEN}\r\n{fields}\r\n");
    let fields = [
        "sec-fetch-site: cross-site",
        "sec-fetch-site: same-site",
        "origin: http://evil.example",
        "origin: null",
        "origin: http://localhost:3000",
        "origin: http://localhost:9464\r\nsec-fetch-site: same-origin",
        "sec-fetch-site: none",
    ]
    .map(with);
    let requests = fields.each_ref().map(|fields| ("PUT", fields.as_str()));
    let told = statuses(|ops| ops.token(TOKEN), requests);
    assert_eq!(told, ([403, 403, 403, 403, 403, 200, 200], 2));
}
