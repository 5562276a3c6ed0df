use steeple_ops::{BindError, TokenError};

use crate::{
    TOKEN,
    client::{exchange, get, get_with},
    ops,
};

#[test]
fn a_foreign_host_is_misdirected_whatever_its_port() {
    let ops = ops().bind().unwrap();
    let address = ops.local_addr();

    for host in [
        "evil.example".to_owned(),
        format!("evil.example:{}", address.port()),
        format!("localhost.evil.example:{}", address.port()),
        "0.0.0.0".to_owned(),
        String::new(),
    ] {
        let answer = get_with(address, "/metrics", &format!("host: {host}\r\n"));

        assert_eq!(answer.status, 421, "{host}");
    }
}

#[test]
fn loopback_hosts_and_allowed_ones_are_served() {
    let ops = ops().allow_host("metrics.internal").bind().unwrap();
    let address = ops.local_addr();

    for host in [
        "localhost",
        "LOCALHOST:1",
        "127.0.0.1:9464",
        "[::1]:80",
        "metrics.internal",
    ] {
        let answer = get_with(address, "/livez", &format!("host: {host}\r\n"));

        assert_eq!(answer.status, 200, "{host}");
    }
}

#[test]
fn a_host_in_the_request_target_counts_instead_of_the_header() {
    let ops = ops().bind().unwrap();

    let foreign = get_with(
        ops.local_addr(),
        "http://evil.example/livez",
        "host: localhost\r\n",
    );
    let own = get_with(
        ops.local_addr(),
        "http://localhost/livez",
        "host: evil.example\r\n",
    );

    assert_eq!((foreign.status, own.status), (421, 200));
}

#[test]
fn a_missing_or_repeated_host_is_a_bad_request() {
    let ops = ops().bind().unwrap();

    for headers in ["", "host: localhost\r\nhost: localhost\r\n"] {
        assert_eq!(
            get_with(ops.local_addr(), "/livez", headers).status,
            400,
            "{headers}"
        );
    }
}

#[test]
fn with_a_token_nothing_is_served_without_it() {
    let ops = ops().token(TOKEN).bind().unwrap();

    for path in ["/", "/metrics", "/livez", "/unknown"] {
        for authorization in [
            String::new(),
            "authorization: Bearer\r\n".to_owned(),
            format!("authorization: Bearer {}\r\n", &TOKEN[1..]),
            format!("authorization: Bearer {TOKEN}0\r\n"),
            format!("authorization: Basic {TOKEN}\r\n"),
        ] {
            let headers = format!("host: localhost\r\n{authorization}");
            let answer = get_with(ops.local_addr(), path, &headers);

            assert_eq!(answer.status, 401, "{path} {authorization}");
            assert_eq!(
                answer.header("www-authenticate"),
                Some("Bearer realm=\"steeple\"")
            );
        }
    }
}

#[test]
fn with_the_token_everything_is_served() {
    let ops = ops().token(TOKEN).bind().unwrap();
    let headers = format!("host: localhost\r\nauthorization: Bearer {TOKEN}\r\n");

    for path in ["/", "/metrics", "/livez"] {
        assert_eq!(
            get_with(ops.local_addr(), path, &headers).status,
            200,
            "{path}"
        );
    }
}

#[test]
fn the_host_is_checked_before_the_token() {
    let ops = ops().token(TOKEN).bind().unwrap();
    let headers = format!("host: evil.example\r\nauthorization: Bearer {TOKEN}\r\n");

    assert_eq!(get_with(ops.local_addr(), "/metrics", &headers).status, 421);
}

#[test]
fn an_address_that_others_reach_needs_a_token() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let error = ops().address(address.parse().unwrap()).bind().unwrap_err();

        assert!(matches!(error, BindError::TokenMissing { .. }), "{error}");
        assert_eq!(
            error.to_string(),
            format!(
                "ops address {address} can be reached from other machines and has no token; set one \
                 or use a loopback address such as 127.0.0.1:9464"
            )
        );
    }
}

#[test]
fn an_address_that_others_reach_is_served_with_a_token() {
    let ops = ops()
        .address(([0, 0, 0, 0], 0).into())
        .token(TOKEN)
        .bind()
        .unwrap();
    let address = ([127, 0, 0, 1], ops.local_addr().port()).into();
    let headers = format!("host: 10.1.2.3\r\nauthorization: Bearer {TOKEN}\r\n");

    assert_eq!(get_with(address, "/livez", &headers).status, 200);
    assert_eq!(
        get_with(address, "/livez", "host: 10.1.2.3\r\n").status,
        401
    );
}

#[test]
fn a_weak_token_is_refused_and_shown_nowhere() {
    let weak = "hunter2-hunter2";
    let builder = ops().token(weak);
    let shown = format!("{builder:?}");

    let error = builder.bind().unwrap_err();

    assert!(matches!(
        error,
        BindError::Token(TokenError::Weak { bits: 90, .. })
    ));
    assert!(!format!("{shown} {error} {error:?}").contains("hunter2"));
    assert!(!format!("{:?}", ops().token(TOKEN)).contains(TOKEN));
}

#[test]
fn nothing_but_reading_is_allowed() {
    let ops = ops().bind().unwrap();

    for method in [
        "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "QUERY",
    ] {
        for path in ["/", "/metrics", "/livez", "/unknown"] {
            let answer = exchange(
                ops.local_addr(),
                &format!(
                    "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
                ),
            );

            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.header("allow"), Some("GET, HEAD"));
        }
    }
}

#[test]
fn every_answer_carries_the_security_headers() {
    let ops = ops().token(TOKEN).bind().unwrap();
    let authorized = format!("host: localhost\r\nauthorization: Bearer {TOKEN}\r\n");
    let address = ops.local_addr();

    let answers = [
        get_with(address, "/", &authorized),
        get_with(address, "/metrics", &authorized),
        get_with(address, "/livez", &authorized),
        get_with(address, "/unknown", &authorized),
        get_with(address, "/livez", "host: localhost\r\n"),
        get_with(address, "/livez", "host: evil.example\r\n"),
        get_with(address, "/livez", ""),
        exchange(
            address,
            &format!("POST / HTTP/1.1\r\nconnection: close\r\n{authorized}\r\n"),
        ),
        get(address, "/"),
    ];

    let statuses = answers.each_ref().map(|answer| answer.status);
    assert_eq!(statuses, [200, 200, 200, 404, 401, 421, 400, 405, 401]);
    for answer in answers {
        for (name, value) in [
            (
                "content-security-policy",
                "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            ),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(
                answer.header(name),
                Some(value),
                "{name} at {}",
                answer.status
            );
        }
    }
}
