//! The index template.

use serde_json::{Value, json};
use steeple_logs::elasticsearch::INDEX_TEMPLATE;

use crate::{
    stage::{elasticsearch, numbered, send},
    stub::{Fault, Stub},
};

#[test]
fn it_is_installed_once_before_anything_is_sent() {
    let stub = Stub::with([]);
    for _ in 0..2 {
        assert_eq!(
            send(elasticsearch(&stub).install_template(), &numbered(1)).exported,
            1
        );
    }
    let lines: Vec<_> = stub
        .requests()
        .into_iter()
        .map(|request| request.line)
        .collect();
    let template = "/_index_template/logs-shop HTTP/1.1";
    assert_eq!(lines[0], format!("GET {template}"));
    assert_eq!(lines[1], format!("PUT {template}"));
    assert!(lines[2].starts_with("POST"));
    assert_eq!(lines[3], format!("GET {template}"));
    assert!(lines[4].starts_with("POST"));
    assert_eq!(
        stub.template("logs-shop").unwrap()["index_patterns"],
        json!(["logs-shop-*"])
    );
}

#[test]
fn one_of_an_older_version_is_replaced_and_one_of_the_users_own_is_not() {
    let shipped: Value = serde_json::from_str(INDEX_TEMPLATE).unwrap();
    for (there, is_replaced) in [
        (json!({"version": 0}), true),
        (json!({"version": shipped["version"]}), false),
        (json!({"version": 99}), false),
        (json!({"priority": 7}), false),
    ] {
        let stub = Stub::with([]);
        stub.has_template("logs-shop", there.clone());
        assert_eq!(
            send(elasticsearch(&stub).install_template(), &numbered(1)).exported,
            1
        );
        assert_eq!(
            stub.template("logs-shop") != Some(there.clone()),
            is_replaced,
            "{there}"
        );
    }
}

#[test]
fn nothing_is_sent_before_it_can_be_installed() {
    let stub = Stub::with([
        Fault::Status(401, "", "{}"),
        Fault::Reset,
        Fault::Status(404, "", "{}"),
        Fault::Status(403, "", "{}"),
    ]);
    assert_eq!(
        send(elasticsearch(&stub).install_template(), &numbered(1)).exported,
        1
    );
    let methods: Vec<_> = stub
        .requests()
        .iter()
        .map(|request| request.line.split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(methods, ["GET", "GET", "GET", "PUT", "GET", "PUT", "POST"]);
}
