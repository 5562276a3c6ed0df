//! What can be wrong with a configuration, and how that is said.

use std::{error::Error, time::Duration};

use steeple_metrics::Registry;
use steeple_push::{PushGateway, PushGatewayBuilder, RemoteWrite, RemoteWriteBuilder};

const URL: &str = "http://127.0.0.1:9";

fn gateway(configure: impl FnOnce(PushGatewayBuilder) -> PushGatewayBuilder) -> String {
    let builder = configure(PushGateway::builder(URL).job("nightly"));
    let error = builder.check().unwrap_err();
    assert_eq!(builder.start(Registry::new()).err(), Some(error.clone()));
    assert!(error.source().is_none());
    error.to_string()
}

fn remote_write(configure: impl FnOnce(RemoteWriteBuilder) -> RemoteWriteBuilder) -> String {
    let builder = configure(RemoteWrite::builder(URL));
    let error = builder.check().unwrap_err();
    assert_eq!(builder.start(Registry::new()).err(), Some(error.clone()));
    error.to_string()
}

#[track_caller]
fn says(error: &str, parts: &[&str]) {
    for part in parts {
        assert!(error.contains(part), "no {part} in: {error}");
    }
}

#[test]
fn what_is_wrong_is_named_with_the_fix() {
    says(&gateway(|_| "ftp://x".into()), &["ftp://x", "use `http`"]);
    says(
        &gateway(|_| "http://gateway/a/metrics/job/nightly/shard/7".into()),
        &[
            "`http://gateway/a/metrics/job/nightly/shard/7`",
            "`job` and `label`",
        ],
    );
    says(&gateway(|push| push.job("")), &["set one with `job`"]);
    says(&gateway(|_| URL.into()), &["set one with `job`"]);
    for name in ["", "a.b", "1a", "__a", "\u{e4}", "job"] {
        says(
            &gateway(|push| push.label(name, "x")),
            &[&format!("`{name}`"), "letters"],
        );
        says(
            &remote_write(|push| push.label(name, "x")),
            &[&format!("`{name}`"), "letters"],
        );
    }
    says(
        &remote_write(|push| push.label("instance", "x")),
        &["`instance`"],
    );
    says(
        &gateway(|push| push.label("a", "1").label("a", "1")),
        &["`a` is given twice", "leave one out"],
    );
    for interval in [Duration::ZERO, Duration::MAX] {
        let shown = format!("{interval:?}");
        says(
            &gateway(|push| push.interval(interval)),
            &[&shown, "1 ms to 24 h"],
        );
        says(
            &remote_write(|push| push.interval(interval)),
            &[&shown, "1 ms to 24 h"],
        );
    }
    says(
        &gateway(|push| push.label("a", "x".repeat(70_000))),
        &["shorten them"],
    );
}

#[test]
fn credentials_are_shown_nowhere() {
    const SECRET: &str = "secret";
    for error in [
        gateway(|push| push.bearer_token("secret of two words")),
        gateway(|push| push.basic_auth("ada:secret", "secret")),
        remote_write(|_| "ftp://ada:secret@x/?token=secret".into()),
        remote_write(|_| "http://ada:secret%ff@x/?token=secret".into()),
    ] {
        assert!(!error.contains(SECRET), "{error}");
    }
    let url = "http://ada:secret@127.0.0.1:9/?token=secret";
    for shown in [
        format!("{:?}", PushGateway::builder(url)),
        format!("{:?}", RemoteWrite::builder(URL).bearer_token(SECRET)),
        format!("{:?}", RemoteWrite::builder(URL).basic_auth(SECRET, SECRET)),
    ] {
        // "secret" in base64, wherever it begins.
        for secret in [SECRET, "c2Vjcm", "zZWNyZX", "ZWNyZXQ"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
