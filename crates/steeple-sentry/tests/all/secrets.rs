use std::{io, sync::Arc};

use steeple_core::{current, log_error};
use steeple_sentry::sentry_core::{
    self, Breadcrumb, Hub, Scope, User,
    protocol::{
        Context, Event, Exception, Frame, Map, Mechanism, Request, Stacktrace, Thread, Value,
    },
};

use crate::{
    stage::{DEADLINE, Stage},
    stub::Stub,
};

/// What is part of each credential.
const SECRET: &str = "hunter2";
/// What is part of all that is personal.
const PERSONAL: &str = "lovelace";

#[test]
fn no_credential_reaches_sentry_whatever_may_be_sent() {
    for send_pii in [false, true] {
        for event in sent(send_pii) {
            let text = event.to_string();
            assert!(!text.contains(SECRET), "{send_pii}: {event:#}");
            assert!(text.contains("[redacted]"), "{send_pii}: {event:#}");
        }
    }
}

#[test]
fn nothing_personal_reaches_sentry_unless_it_may_be_sent() {
    for event in sent(false) {
        let text = event.to_string();
        assert!(!text.contains(PERSONAL), "{event:#}");
    }
    let is_told = |event: &serde_json::Value| event.to_string().contains(PERSONAL);
    assert!(sent(true).iter().any(is_told));
}

/// The events of what has secrets everywhere.
fn sent(send_pii: bool) -> Vec<serde_json::Value> {
    let stub = Stub::answering([]);
    let stage = Stage::with(&stub, |sentry| sentry.send_pii(send_pii));
    let client = stage.sentry.client();
    let hub = Arc::new(Hub::new(Some(client), Arc::new(Scope::default())));
    Hub::run(hub, || {
        stage.request(500, || {
            current::user("lovelace@example.org");
            current::tag("api_key", SECRET);
            current::tag("dsn.used", "postgres://shop:hunter2@db/shop");
            current::breadcrumb(
                tracing::Level::INFO,
                "sqlx::query",
                "SELECT * FROM users WHERE name = 'lovelace' AND password = 'hunter2'",
            );
            log_error(
                &io::Error::other("Authorization: Bearer hunter2"),
                &[("cookie", "sid=hunter2")],
            );
            sentry_core::configure_scope(configure);
            sentry_core::capture_event(captured());
            let refused = "cannot connect to amqp://shop:hunter2@mq/?key=hunter2";
            current::attach(&io::Error::new(io::ErrorKind::NotConnected, refused));
        });
        stage.request(500, || panic!("password: {SECRET}"));
    });
    let report = stage.sentry.shutdown_blocking(DEADLINE);
    assert!(report.is_complete(), "{report:?}");
    let events = stub.events();
    assert_eq!(events.len(), 4);
    events
}

/// What an application says in a scope.
fn configure(scope: &mut Scope) {
    scope.set_user(Some(User {
        id: Some("lovelace".to_owned()),
        email: Some("lovelace@example.org".to_owned()),
        username: Some("token=hunter2".to_owned()),
        other: named(&[("password", SECRET), ("name", PERSONAL)]),
        ..User::default()
    }));
    scope.set_fingerprint(Some(&["password=hunter2", "lovelace@example.org"]));
    let login = named(&[("secret", SECRET), ("url", "http://a:hunter2@b")]);
    scope.set_context("login", Context::Other(login));
    scope.set_transaction(Some("GET /reset?token=hunter2"));
}

/// What integrations of Sentry's capture of a request.
fn captured() -> Event<'static> {
    let crumb = Breadcrumb {
        category: Some("http://a:hunter2@b".to_owned()),
        message: Some("token=hunter2".to_owned()),
        data: named(&[("api_key", SECRET), ("mail", "lovelace@example.org")]),
        ..Breadcrumb::default()
    };
    let stack = Stacktrace {
        frames: vec![Frame {
            vars: named(&[("password", SECRET), ("user", "lovelace@example.org")]),
            context_line: Some("let password = \"hunter2\";".to_owned()),
            ..Frame::default()
        }],
        ..Stacktrace::default()
    };
    let exception = Exception {
        ty: "Refused { password: \"hunter2\" }".to_owned(),
        value: Some("no user lovelace@example.org".to_owned()),
        stacktrace: Some(stack.clone()),
        mechanism: Some(Mechanism {
            data: named(&[("token", SECRET)]),
            ..Mechanism::default()
        }),
        ..Exception::default()
    };
    let thread = Thread {
        name: Some("token=hunter2".to_owned()),
        stacktrace: Some(stack),
        ..Thread::default()
    };
    let fields = [
        ("Cookie", "sid=hunter2"),
        ("X-Api-Key", SECRET),
        ("X-Forwarded-For", PERSONAL),
    ];
    let request = Request {
        url: "http://ada:hunter2@shop/token/hunter2/lovelace?token=hunter2&name=lovelace"
            .parse()
            .ok(),
        query_string: Some("key=hunter2&name=lovelace".to_owned()),
        cookies: Some("a=hunter2".to_owned()),
        data: Some("{\"name\": \"lovelace\", \"password\": \"hunter2\"}".to_owned()),
        headers: fields
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        env: [("REMOTE_ADDR".to_owned(), PERSONAL.to_owned())].into(),
        ..Request::default()
    };
    Event {
        message: Some("secret: hunter2 of lovelace@example.org".to_owned()),
        logger: Some("http://a:hunter2@b".to_owned()),
        request: Some(request),
        breadcrumbs: vec![crumb].into(),
        exception: vec![exception].into(),
        threads: vec![thread].into(),
        ..Event::default()
    }
}

fn named(values: &[(&str, &str)]) -> Map<String, Value> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), Value::from(*value));
    values.iter().map(owned).collect()
}
