mod time;

use super::*;

/// Texts, and what must not be left of them.
const SECRETS: &[(&str, &str)] = &[
    (
        "cannot connect to postgres://shop:hunter2@db:5432/shop",
        "hunter2",
    ),
    ("amqp://shop:p@ss/hunter2@mq", "p@ss"),
    ("amqp://shop:pa/hunter2@mq", "hunter2"),
    ("redis://:hunter2@cache", "hunter2"),
    ("postgres://shop:hun#ter2@db/shop", "ter2"),
    ("GET https://api/pay?token=hunter2&x=1 failed", "hunter2"),
    ("GET https://maps.example/?key=hunter2 failed", "hunter2"),
    ("password=hunter2", "hunter2"),
    ("password = hunter2", "hunter2"),
    ("password: hunter2, user: ada", "hunter2"),
    (r#"{"password":"hunter2"}"#, "hunter2"),
    (r#"{"password": "hun \"ter2"}"#, "ter2"),
    (r#"{\"api_key\":\"hunter2\"}"#, "hunter2"),
    (
        r#"Login { user: "ada", password: Some("hunter 2") }"#,
        "hunter",
    ),
    (r#"Login { password: b"hunter2" }"#, "hunter2"),
    (r#"secrets: ["hunter1", "hunter2"], n: 2"#, "hunter2"),
    ("{'password': 'hunter2', 'name': 'ada'}", "hunter2"),
    ("DB_PASSWORD='hunter 2'", "hunter"),
    ("dbPassword=hunter2", "hunter2"),
    ("spring.datasource.password=hunter2", "hunter2"),
    ("client_secret => hunter2", "hunter2"),
    ("X-Api-Key: hunter2", "hunter2"),
    ("token: Bearer hunter2", "hunter2"),
    ("user_pin=4711", "4711"),
    ("invalid password `hunter2`", "hunter2"),
    ("authorization: Negotiate hunter2 hunter3", "hunter3"),
    (r#"{"authorization":"Bearer hunter2"}"#, "hunter2"),
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
        "maps AIzaSyA1234567890abcdefghijklmnopqrstuv said no",
        "AIza",
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
        "mail: SG.ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf-09kqeF8",
        "TwL2iGAB",
    ),
    ("vault: hvs.CAESIJlWh0123456789abcdef", "CAESIJlWh"),
    (
        "-----BEGIN RSA PRIVATE KEY-----\nMIIhunter2\n-----END RSA PRIVATE KEY-----",
        "MIIhunter2",
    ),
    ("-----BEGIN PRIVATE KEY-----\nMIIhunter2", "MIIhunter2"),
    ("no user ada@example.org", "ada@example.org"),
    ("no user ada.l+x@mail.example.co.uk.", "ada.l"),
    ("/users/ada%40example.org/orders", "ada"),
    ("card 4111 1111 1111 1111 declined", "1111"),
    ("card 4111-1111-1111-1111, 2027", "1111"),
    ("card 4111111111111111 declined", "4111"),
    ("card order-4111111111111111 declined", "4111"),
    ("amex 3782 822463 10005 declined", "822463"),
    ("card 2223003122003222 declined", "2223"),
    ("GET /find?q=4111+1111+1111+1111&n=1", "1111"),
    ("GET /find?q=4111%201111%201111%201111", "1111"),
    ("GET /find?q=card%204111+1111+1111+1111", "1111"),
    ("GET /find?q=card%204111111111111111", "4111"),
    (
        "Login {\n    user: \"ada\",\n    password: Some(\n        \"hunter2\",\n    ),\n}",
        "hunter2",
    ),
    (
        "password: Some(\n        Plain {\n            value: \"hunter2\",\n        },\n    ),",
        "hunter2",
    ),
    // What is cut there.
    ("password: Some(\n        \"hunter2", "hunter2"),
    ("{\"secret\": {\r\n  \"is\": \"hunter2\"\r\n}}", "hunter2"),
    (
        "authorization: Some(\n        \"hunter1 hunter2\",\n    ),",
        "hunter2",
    ),
    (
        r#"credentials: Credentials { value: "hunter2" }"#,
        "hunter2",
    ),
    (r#"session: Session { id: "s3cr3t" }"#, "s3cr3t"),
    (r#"password: Password { inner: "x" }"#, "\"x\""),
    (r#"token: Token::Of { it: Inner { it: "x" } }"#, "\"x\""),
    (
        "session: Session {\n    id: \"s3cr3t\",\n    n: 1,\n}",
        "s3cr3t",
    ),
    (r#"[("x-api-key", "hunter2"), ("n", "1")]"#, "hunter2"),
    (r#"("x-api-key", b"hunter2")"#, "hunter2"),
    ("(\n    \"x-api-key\",\n    \"hunter2\",\n)", "hunter2"),
    ("mysql --password hunter2 shop", "hunter2"),
    ("mysql --db-password 'hunter 2' shop", "hunter"),
    (r#""mysql" "--password" "hunter2" "shop""#, "hunter2"),
    (r#"["mysql", "--password", "hunter2"]"#, "hunter2"),
    ("--pin 4711", "4711"),
    ("DRIVER=x;UID=sa;PWD=hunter2", "hunter2"),
    ("password=true-hunter2", "hunter2"),
];

/// What is neither a secret nor personal.
const HARMLESS: &[&str] = &[
    "",
    "connection refused to 10.0.0.1:5432",
    "listening on [::1]:9464",
    "http://shop.example:8080/orders/{id}?page=2&sort=price#top",
    "https://user.example/@ada",
    "2 & 3 = 3 ?",
    "no order 4111111111111112",
    "order 4111111111111111111111",
    "called `Option::unwrap()` on a `None` value",
    "index out of bounds: the len is 3 but the index is 7",
    "basic usage, Basic Authentication, bearer authentication",
    "the token expired",
    "auth::token::verify: no key",
    "trace 4bf92f3577b34da6a3ce929d0e0e4736 span 00f067aa0ba902b7",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "id 550e8400-e29b-41d4-a716-446655440000",
    "id 45508400-1234-4234-4234-446655440000",
    "steeple-core 0.1.0-alpha.1+build.5, rustc 1.95.0",
    "EUR 1,234,567.89 or $99.99",
    "2026-11-23T00:25:35.123456789Z, 23.11.2026 00:25:35",
    "took 1763857535000000000 ns since 1763857535000",
    "prompt_tokens=512 max_tokens: 4096 session_timeout=30 token_count=7",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "lodash@4.17.21 and ada@localhost",
    "npm_config_registry and sk-learn-something-long",
    "/orders/4711/items",
    "spinning=3 shopping: 4 authors=2 capital=x",
    "password=",
    "stamps 20261123002507 20261123002515 20261123002535005 20261123002535013 2026112300250007, 2026 1123 0025 0007, 2721112300200000 2220112300200006",
    "password_changed=true session_started_at=2026-11-23 token_expires_at: 1763857535",
    "Login { password: true, has_token: false }",
    "PWD=/app OLDPWD=/ \"PWD\": \"/app\"",
    "token_file=/run/token cookie_name: shop, password_required=1",
    "unexpected argument '--password' found",
    "Usage: shop --password <PASSWORD> --token --user <USER>",
    r#"("x-price", "7"), ["password", "email"], ("a","b")"#,
    "100%20off, 4+4 = 8, 2+2%20",
    "größe: 5 € — ok",
];

fn redacted(text: &str) -> String {
    Redaction::new().text(text, &mut String::new()).to_owned()
}

#[test]
fn secrets_are_taken_out() {
    for (text, secret) in SECRETS {
        let left = redacted(text);
        assert!(!left.contains(secret), "{text} -> {left}");
        assert!(left.contains(REDACTED), "{text} -> {left}");
        assert_eq!(redacted(&left), left, "what is redacted stays so");
        assert_eq!(Redaction::off().text(text, &mut String::new()), *text);
    }
}

#[test]
fn what_is_no_secret_stays() {
    for text in HARMLESS {
        assert_eq!(redacted(text), *text);
    }
}

#[test]
fn what_is_personal_may_be_kept_and_secrets_not() {
    let redaction = Redaction::new().keep_personal();
    let mut room = String::new();
    for text in [
        "no user ada@example.org",
        "/users/ada%40example.org/orders",
        "card 4111 1111 1111 1111 declined",
        "card 4111111111111111 declined",
    ] {
        assert_eq!(redaction.text(text, &mut room), text);
    }
    assert!(!redaction.is_secret_number(4_111_111_111_111_111));
    assert_eq!(
        redaction.text("ada@example.org has token=hunter2", &mut room),
        "ada@example.org has token=[redacted]"
    );
    assert_eq!(
        redaction.query("mail=ada%40b.io&card_number=4111111111111111", &mut room),
        "mail=ada%40b.io&card_number=[redacted]"
    );
}

#[test]
fn what_is_around_a_secret_stays() {
    for (text, left) in [
        (
            "connect to postgres://shop:hunter2@db:5432/shop",
            "connect to postgres://[redacted]@db:5432/shop",
        ),
        (
            r#"{"user":"ada","password":"a,b","n":1}"#,
            r#"{"user":"ada","password":"[redacted]","n":1}"#,
        ),
        (
            "Login {\n    password: Some(\n        \"x\",\n    ),\n    n: 1,\n}",
            "Login {\n    password: [redacted],\n    n: 1,\n}",
        ),
        (
            r#"Login { session: Session { id: "x" }, n: 1 }"#,
            "Login { session: [redacted], n: 1 }",
        ),
        ("token: (x\nn: 1", "token: [redacted]\nn: 1"),
        (r#"token=Abc {"n": 1}"#, r#"token=[redacted] {"n": 1}"#),
        (
            r#"[("x-api-key", "x"), ("n", "1")]"#,
            r#"[("x-api-key", "[redacted]"), ("n", "1")]"#,
        ),
        (
            "mysql --password x shop",
            "mysql --password [redacted] shop",
        ),
        (
            r#""mysql" "--password" "x" "shop""#,
            r#""mysql" "--password" "[redacted]" "shop""#,
        ),
        (
            "GET /find?q=4111+1111+1111+1111&n=1",
            "GET /find?q=[redacted]&n=1",
        ),
        (
            "password: Some(\"x\"), user: \"ada\"",
            "password: [redacted], user: \"ada\"",
        ),
        (
            "GET /pay?token=x&page=2 as ada@b.io, €",
            "GET /pay?token=[redacted]&page=2 as [redacted], €",
        ),
        (
            "Authorization: Basic abc def\r\nHost: shop",
            "Authorization: [redacted]\r\nHost: shop",
        ),
        ("card 4111 1111 1111 1111 2027", "card [redacted] 2027"),
        (
            "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY----- is bad",
            "[redacted] is bad",
        ),
    ] {
        assert_eq!(redacted(text), left);
    }
}

#[test]
fn names_are_known_however_they_are_written() {
    let redaction = Redaction::new().name("IBAN").keep("session-id");
    for name in [
        "password",
        "PASSWORD",
        "db_password",
        "dbPassword",
        "passwordHash",
        "api_key",
        "X-Api-Key",
        "apiKey",
        "APIKey",
        "authorization",
        "set-cookie",
        "secret_id",
        "user.pin",
        "userPin",
        "jwt",
        "AWSAccessKeyId",
        "customer_iban",
        "session",
    ] {
        assert!(redaction.names_a_secret(name), "{name}");
    }
    for name in [
        "",
        "user",
        "route",
        "spin",
        "pinned",
        "author",
        "authority",
        "session_id",
        "sessionId",
        "token_type",
        "token_expires_at",
        "sessionStartedAt",
        "password-changed",
        "secret_name",
        "max_tokens",
        "passwörd",
        "\u{20ac}",
        "_",
        "opinion",
        "compass",
    ] {
        assert!(!redaction.names_a_secret(name), "{name}");
    }
    assert!(Redaction::new().names_a_secret("session_id"));
    let added = ["full_name", "age", "order-token", "path"];
    let redaction = added.into_iter().fold(Redaction::new(), Redaction::name);
    for name in [
        "fullName",
        "customer_full_name",
        "Age",
        "ORDER_TOKEN_COUNT",
        "file.path",
    ] {
        assert!(redaction.names_a_secret(name), "{name}");
        assert!(!Redaction::new().names_a_secret(name), "{name}");
    }
    assert!(!redaction.names_a_secret("token_count"));
    let long = format!("{}_password", "x".repeat(1_000));
    assert!(redaction.names_a_secret(&long));
    assert!(!Redaction::off().names_a_secret("password"));
}

#[test]
fn queries_lose_the_values_of_secret_keys_however_they_are_encoded() {
    for (query, left) in [
        ("page=2&sort=price", "page=2&sort=price"),
        ("a=1&sig=x%20y&b", "a=1&sig=[redacted]&b"),
        ("t%6Fken=a=b&c=d&", "t%6Fken=[redacted]&c=d&"),
        (
            "X-Amz-Signature=x&Signature=y",
            "X-Amz-Signature=[redacted]&Signature=[redacted]",
        ),
        ("mail=ada%40example.org&n=1", "mail=[redacted]&n=1"),
        ("code=4711", "code=[redacted]"),
        (
            "q=4111+1111+1111+1111&r=4111%201111%201111%201111",
            "q=[redacted]&r=[redacted]",
        ),
        ("", ""),
        ("&&=", "&&="),
    ] {
        let mut room = "left from before".to_owned();
        assert_eq!(Redaction::new().query(query, &mut room), left);
        assert_eq!(Redaction::off().query(query, &mut room), query);
    }
}

#[test]
fn nothing_is_allocated_where_there_is_nothing_to_hide_or_room() {
    let redaction = Redaction::new();
    let mut room = String::with_capacity(1_024);
    let all = || SECRETS.iter().map(|(text, _)| text).chain(HARMLESS);
    let counted = allocation_counter::measure(|| {
        for text in all() {
            let _ = redaction.text(text, &mut room);
            let _ = redaction.query(text, &mut room);
        }
    });
    assert_eq!(counted.count_total, 0, "{counted:?}");
}

#[test]
fn a_sensitive_value_is_printed_by_nobody() {
    let secret = Sensitive::from("hunter2".to_owned());
    assert_eq!(
        format!("{secret} {secret:?} {secret:#?}"),
        "[redacted] [redacted] [redacted]"
    );
    assert_eq!(secret.expose(), "hunter2");
    assert_eq!(secret.into_exposed(), "hunter2");
}
