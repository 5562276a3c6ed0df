use std::{io, sync::Arc};

use steeple_core::{current, log_error};
use steeple_sentry::sentry_core::{
    self, Breadcrumb, Hub, Scope,
    protocol::{Event, Request},
};

use crate::{
    stage::{DEADLINE, Stage},
    stub::Stub,
};

const SECRET: &str = "hunter2";

#[test]
fn no_secret_reaches_sentry() {
    let stub = Stub::answering([]);
    let stage = Stage::new(&stub);
    let client = stage.sentry.client();
    let hub = Arc::new(Hub::new(Some(client), Arc::new(Scope::default())));
    Hub::run(hub, || {
        stage.request(500, || {
            current::user("hunter2@example.org");
            current::tag("api_key", SECRET);
            current::tag("dsn.used", "postgres://shop:hunter2@db/shop");
            current::breadcrumb(
                tracing::Level::INFO,
                "sqlx::query",
                "SELECT * FROM users WHERE password = 'hunter2'",
            );
            log_error(
                &io::Error::other("Authorization: Bearer hunter2"),
                &[("cookie", "sid=hunter2")],
            );
            capture();
            let refused = "cannot connect to amqp://shop:hunter2@mq/?key=hunter2";
            current::attach(&io::Error::new(io::ErrorKind::NotConnected, refused));
        });
        stage.request(500, || panic!("password: {SECRET}"));
    });
    let report = stage.sentry.shutdown_blocking(DEADLINE);
    assert!(report.is_complete(), "{report:?}");
    let events = stub.events();
    assert_eq!(events.len(), 4);
    for event in events {
        let text = event.to_string();
        assert!(!text.contains(SECRET), "{event:#}");
        assert!(text.contains("[Filtered]"), "{event:#}");
    }
}

/// What integrations of Sentry's capture of a request.
fn capture() {
    sentry_core::add_breadcrumb(Breadcrumb {
        message: Some("token=hunter2".to_owned()),
        ..Breadcrumb::default()
    });
    let request = Request {
        url: "http://ada:hunter2@shop/a?token=hunter2".parse().ok(),
        query_string: Some("token=hunter2".to_owned()),
        cookies: Some("sid=hunter2".to_owned()),
        data: Some("my name is hunter2".to_owned()),
        headers: [("Cookie", "sid=hunter2"), ("X-Api-Key", SECRET)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        ..Request::default()
    };
    sentry_core::capture_event(Event {
        message: Some("card 4111 1111 1111 1111".to_owned()),
        request: Some(request),
        ..Event::default()
    });
}
