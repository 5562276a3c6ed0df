use sentry_core::{
    User,
    protocol::{Context, Event, Request, ResponseContext},
};

use super::*;

/// Texts, and what must not be left of them.
const SECRETS: &[(&str, &str)] = &[
    (
        "cannot connect to postgres://shop:hunter2@db:5432/shop",
        "hunter2",
    ),
    ("amqp://shop:p@ss/hunter2@mq", "p@ss"),
    ("redis://:hunter2@cache", "hunter2"),
    ("GET https://api/pay?token=hunter2&x=1 failed", "hunter2"),
    ("GET https://maps.example/?key=hunter2 failed", "hunter2"),
    ("password=hunter2", "hunter2"),
    ("password: hunter2, user: ada", "hunter2"),
    (r#"{"password":"hunter2"}"#, "hunter2"),
    (r#"{"password": "hun \"ter2"}"#, "ter2"),
    (r#"{\"api_key\":\"hunter2\"}"#, "hunter2"),
    ("DB_PASSWORD='hunter 2'", "hunter"),
    ("client_secret => hunter2", "hunter2"),
    ("X-Api-Key: hunter2", "hunter2"),
    ("invalid password `hunter2`", "hunter2"),
    ("authorization: Negotiate hunter2 hunter3", "hunter3"),
    ("Cookie: a=1; sid=hunter2", "hunter2"),
    ("set-cookie: sid=hunter2; Path=/", "hunter2"),
    ("bad header Bearer hunter2hunter2", "hunter2"),
    ("bad header basic YWRhOmh1bnRlcjI=", "YWRhOmh1bnRlcjI"),
    (
        "jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln expired",
        "c2ln",
    ),
    (
        "key AKIAIOSFODNN7EXAMPLE is disabled",
        "AKIAIOSFODNN7EXAMPLE",
    ),
    (
        "clone with ghp_0123456789abcdefghij0123456789abcdef",
        "0123456789abcdef",
    ),
    (
        "stripe said no to sk_live_0123456789abcdefghij",
        "0123456789abcdef",
    ),
    ("slack: xoxb-1234567890-abcdefghij", "1234567890"),
    (
        "-----BEGIN RSA PRIVATE KEY-----\nMIIhunter2\n-----END RSA PRIVATE KEY-----",
        "MIIhunter2",
    ),
    ("-----BEGIN PRIVATE KEY-----\nMIIhunter2", "MIIhunter2"),
];

const PERSONAL: &[(&str, &str)] = &[
    (
        "GET http://shop.example/find?name=hunter2&page=2 failed",
        "hunter2",
    ),
    ("no user ada@example.org", "ada@example.org"),
    ("card 4111 1111 1111 1111 declined", "1111"),
    ("card 4111111111111111 declined", "4111"),
    ("in SELECT id FROM users WHERE name = 'hunter2'", "hunter2"),
    ("INSERT INTO users VALUES (1, 'hunter2', 4242)", "hunter2"),
    ("UPDATE users SET age = 4242 WHERE id = 7", "4242"),
    (
        "Key (email, name)=(a(b)c, hunter2) already exists",
        "hunter2",
    ),
    ("Failing row contains (7, hunter2, null).", "hunter2"),
    ("Duplicate entry 'hunter2' for key 'users.name'", "hunter2"),
    ("syntax error near \"hunter2\" at line 1", "hunter2"),
    (
        "invalid input syntax for type integer: \"hunter2\"",
        "hunter2",
    ),
];

const CARD: u64 = 4_111_111_111_111_111;

fn scrubber(send_pii: bool) -> Scrubber {
    Scrubber::new(UserIds::keyed_by("key"), send_pii)
}

fn scrubbed(text: &str, send_pii: bool) -> String {
    let mut text = text.to_owned();
    scrubber(send_pii).text(&mut text);
    text
}

#[test]
fn secrets_are_taken_out_in_any_case() {
    for (text, secret) in SECRETS {
        for send_pii in [false, true] {
            let left = scrubbed(text, send_pii);
            assert!(!left.contains(secret), "{text} -> {left}");
            assert!(left.contains(REDACTED), "{text} -> {left}");
        }
    }
}

#[test]
fn what_is_personal_is_taken_out_unless_it_may_be_sent() {
    for (text, personal) in PERSONAL {
        let left = scrubbed(text, false);
        assert!(!left.contains(personal), "{text} -> {left}");
        assert_eq!(scrubbed(text, true), *text);
    }
}

#[test]
fn what_is_neither_stays() {
    for text in [
        "",
        "connection refused to 10.0.0.1:5432",
        "http://shop.example/orders/{id}",
        "2 & 3 = 3 ?",
        "no order 4111111111111112",
        "called `Option::unwrap()` on a `None` value",
        "index out of bounds: the len is 3 but the index is 7",
        "basic usage",
        "the token expired",
        "trace 4bf92f3577b34da6a3ce929d0e0e4736",
    ] {
        assert_eq!(scrubbed(text, false), text);
    }
}

#[test]
fn values_are_taken_out_by_their_names() {
    let mut event = Event::default();
    let nested = serde_json::json!({"password": "hunter2", "list": [{"api_key": 7, "n": 8}]});
    event.extra.insert("login".to_owned(), nested);
    event
        .tags
        .insert("session_id".to_owned(), "hunter2".to_owned());
    event.tags.insert("route".to_owned(), "/a".to_owned());
    scrubber(true).event(&mut event);
    assert_eq!(
        event.extra["login"],
        serde_json::json!({"password": REDACTED, "list": [{"api_key": REDACTED, "n": 8}]})
    );
    assert_eq!(event.tags["session_id"], REDACTED);
    assert_eq!(event.tags["route"], "/a");
}

#[test]
fn the_number_of_a_card_is_taken_out_wherever_it_stands_unless_it_may_be_sent() {
    for (send_pii, told) in [(false, Value::from(REDACTED)), (true, CARD.into())] {
        let mut event = Event::default();
        let paid = serde_json::json!([CARD, 4_711]);
        event.extra.insert("paid".to_owned(), paid);
        scrubber(send_pii).event(&mut event);
        assert_eq!(event.extra["paid"], serde_json::json!([told, 4_711]));
    }
}

fn event_of(url: &str, query: &str) -> Event<'static> {
    let fields = [("X-Forwarded-For", "192.0.2.7"), ("Accept", "text/html")];
    let request = Request {
        url: url.parse().ok(),
        query_string: Some(query.to_owned()),
        cookies: Some("theme=dark".to_owned()),
        headers: fields
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        ..Request::default()
    };
    let mut event = Event {
        request: Some(request),
        ..Event::default()
    };
    event
        .tags
        .insert("route".to_owned(), "/orders/{id}".to_owned());
    event
}

#[test]
fn of_a_target_the_route_and_the_names_in_the_query_stay() {
    let url = "http://ada:pw@shop.example/orders/7?page=2#ada";
    let mut event = event_of(url, "page=2&flag&x=a=b");
    scrubber(false).event(&mut event);
    let request = event.request.unwrap();
    assert_eq!(
        request.url.unwrap().as_str(),
        "http://shop.example/orders/%7Bid%7D"
    );
    assert_eq!(
        request.query_string.as_deref(),
        Some("page=[redacted]&[redacted]&x=[redacted]")
    );
    assert_eq!(request.cookies, None);
    let names: Vec<_> = request.headers.keys().collect();
    assert_eq!(names, ["Accept"]);
}

#[test]
fn of_a_target_that_may_be_told_the_secrets_are_taken_out() {
    let url = "http://ada:pw@shop.example/orders/7/token/hunter2?key=hunter2&page=2";
    let mut event = event_of(url, "key=hunter2&page=2");
    scrubber(true).event(&mut event);
    let request = event.request.unwrap();
    assert_eq!(
        request.url.unwrap().as_str(),
        "http://shop.example/orders/7/token/[redacted]?key=[redacted]&page=2"
    );
    assert_eq!(
        request.query_string.as_deref(),
        Some("key=[redacted]&page=2")
    );
    assert_eq!(request.cookies.as_deref(), Some(REDACTED));
    assert_eq!(request.headers["X-Forwarded-For"], "192.0.2.7");
}

#[test]
fn an_event_without_a_route_tells_no_path() {
    let mut event = event_of("http://shop.example/orders/7", "");
    event.tags.clear();
    scrubber(false).event(&mut event);
    let request = event.request.unwrap();
    assert_eq!(request.url.unwrap().as_str(), "http://shop.example/");
}

#[test]
fn of_a_user_a_hash_stays_unless_more_may_be_told() {
    let user = User {
        id: Some("42".to_owned()),
        email: Some("ada@example.org".to_owned()),
        username: Some("ada".to_owned()),
        ip_address: Some(std::net::IpAddr::from([192, 0, 2, 7]).into()),
        other: [("town".to_owned(), Value::from("London"))].into(),
    };
    for send_pii in [false, true] {
        let mut event = Event {
            user: Some(user.clone()),
            ..Event::default()
        };
        scrubber(send_pii).event(&mut event);
        let hashed = User {
            id: Some(UserIds::keyed_by("key").hash("42")),
            ..User::default()
        };
        let expected = if send_pii { user.clone() } else { hashed };
        assert_eq!(event.user, Some(expected));
    }
}

#[test]
fn what_is_told_of_a_response_is_scrubbed() {
    let fields = [("set-cookie", "sid=hunter2"), ("etag", "7")];
    let response = ResponseContext {
        headers: fields
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        data: Some(Value::from("my name")),
        ..ResponseContext::default()
    };
    let mut event = Event::default();
    event
        .contexts
        .insert("response".to_owned(), Context::from(response));
    scrubber(false).event(&mut event);
    let Context::Response(response) = &event.contexts["response"] else {
        panic!("{event:#?}");
    };
    assert_eq!(response.headers["set-cookie"], REDACTED);
    assert_eq!(response.headers["etag"], "7");
    assert_eq!(response.data, None);
}
