use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::Relaxed},
};

use steeple_core::ops::{OpsBody, OpsFuture, OpsRequest, OpsResponse, OpsService};
use steeple_metrics::Registry;

use crate::{
    client::{exchange, get, get_with},
    eventually, ops, serving,
};

#[test]
fn metrics_are_the_registrys_text() {
    let registry = Registry::new();
    metrics::with_local_recorder(&registry, || {
        metrics::counter!("orders_total", "shop" => "north").increment(3);
    });
    let ops = serving(&registry).bind().unwrap();

    let answer = get(ops.local_addr(), "/metrics");

    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    assert!(
        answer
            .body
            .lines()
            .any(|line| line == "orders_total{shop=\"north\"} 3"),
        "{}",
        answer.body
    );
}

#[test]
fn metrics_are_chunked_where_the_client_understands_it() {
    let ops = ops().bind().unwrap();

    let answer = get_with(ops.local_addr(), "/metrics", "host: localhost\r\n");

    assert_eq!(answer.header("transfer-encoding"), Some("chunked"));
    assert!(answer.body.ends_with("\r\n0\r\n\r\n"), "{}", answer.body);
}

#[test]
fn a_live_process_says_ok() {
    let ops = ops().bind().unwrap();

    let answer = get(ops.local_addr(), "/livez?verbose");

    assert_eq!((answer.status, answer.body.as_str()), (200, "ok\n"));
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
}

#[test]
fn a_document_is_made_anew_for_each_request_behind_the_same_checks() {
    let made = Arc::new(AtomicU32::new(0));
    let number = move || {
        let made = made.fetch_add(1, Relaxed);
        async move { format!("[{made}]") }
    };
    let token = "0123456789abcdef0123456789abcdef";
    let registry = Registry::new();
    let ops = serving(&registry)
        .json("/api/number", "a number", number)
        .token(token)
        .bind()
        .unwrap();
    let headers =
        format!("host: localhost\r\nauthorization: Bearer {token}\r\nconnection: close\r\n");
    for body in ["[0]", "[1]"] {
        let answer = get_with(ops.local_addr(), "/api/number", &headers);
        assert_eq!((answer.status, &*answer.body), (200, body));
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let refused = get(ops.local_addr(), "/api/number");
    assert_eq!(refused.status, 401);
    let index = get_with(ops.local_addr(), "/", &headers).body;
    assert!(index.contains("/api/number a number"), "{index}");
    eventually(|| {
        let text = registry.render();
        text.contains(r#"steeple_ops_requests_total{path="/api/number",status="200"} 2"#)
    });
}

/// Says whether the request came with the token.
struct Authorized;

impl OpsService for Authorized {
    fn call(&self, request: OpsRequest) -> OpsFuture {
        let text = request.is_authorized().to_string();
        let answer = OpsResponse::new(203)
            .with_header("cache-control", "no-store")
            .with_body(OpsBody::Full(text.into()));
        Box::pin(std::future::ready(answer))
    }
}

#[test]
fn a_route_may_be_added_or_replaced_and_knows_who_gave_the_token() {
    let token = "0123456789abcdef0123456789abcdef";
    let with_token =
        format!("host: localhost\r\nauthorization: Bearer {token}\r\nconnection: close\r\n");
    let with_routes = || {
        ops()
            .route("/livez", "whether it is authorized", Authorized)
            .route("/who", "whether it is authorized", Authorized)
    };
    let open = with_routes().bind().unwrap();
    let guarded = with_routes().token(token).bind().unwrap();
    for (ops, authorized) in [(&open, "false"), (&guarded, "true")] {
        for path in ["/livez", "/who"] {
            let answer = get_with(ops.local_addr(), path, &with_token);
            assert_eq!((answer.status, &*answer.body), (203, authorized));
            assert_eq!(answer.header("x-frame-options"), Some("DENY"));
            let head = format!("HEAD {path} HTTP/1.1\r\n{with_token}\r\n");
            let head = exchange(ops.local_addr(), &head);
            assert_eq!((head.status, &*head.body), (203, ""));
        }
        let index = get_with(ops.local_addr(), "/", &with_token).body;
        assert_eq!(index.matches("/livez").count(), 1, "{index}");
    }
}

#[test]
fn a_document_may_be_one_of_many() {
    let registry = Registry::new();
    let order = |id: &str| std::future::ready((id != "0").then(|| format!("[{id}]")));
    let ops = serving(&registry)
        .json("/api/orders", "all orders", async || "[7]".to_owned())
        .json_of("/api/orders/{id}", "one of them", order)
        .bind()
        .unwrap();
    let told = |path| {
        let answer = get(ops.local_addr(), path);
        (answer.status, answer.body)
    };
    assert_eq!(told("/api/orders"), (200, "[7]".to_owned()));
    assert_eq!(told("/api/orders/7?x"), (200, "[7]".to_owned()));
    for nothing in [
        "/api/orders/0",
        "/api/orders/",
        "/api/orders/7/8",
        "/api/order/7",
    ] {
        assert_eq!(told(nothing).0, 404, "{nothing}");
    }
    eventually(|| {
        let text = registry.render();
        let counted = r#"steeple_ops_requests_total{path="/api/orders/{id}",status="200"} 1"#;
        text.contains(counted)
    });
}

#[test]
fn the_index_lists_what_is_served() {
    let ops = ops().bind().unwrap();

    let answer = get(ops.local_addr(), "/");

    assert_eq!(answer.status, 200);
    for line in answer.body.lines() {
        let path = line.split(' ').next().unwrap();
        assert_eq!(get(ops.local_addr(), path).status, 200, "{line}");
    }
    assert_eq!(answer.body.lines().count(), 3);
}

#[test]
fn an_unknown_path_is_not_found() {
    let ops = ops().bind().unwrap();

    for path in [
        "/unknown",
        "/metrics/",
        "//metrics",
        "/metrics/../livez",
        "/%6detrics",
    ] {
        assert_eq!(get(ops.local_addr(), path).status, 404, "{path}");
    }
}

#[test]
fn head_has_the_head_of_get_and_no_body() {
    let ops = ops().bind().unwrap();
    let head = |path: &str| {
        let request =
            format!("HEAD {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        exchange(ops.local_addr(), &request)
    };

    let (metrics, livez) = (head("/metrics"), head("/livez"));

    assert_eq!((metrics.status, metrics.body.as_str()), (200, ""));
    assert_eq!(
        metrics.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    assert_ne!(metrics.header("content-length"), Some("0"));
    assert_eq!((livez.status, livez.body.as_str()), (200, ""));
    assert_eq!(livez.header("content-length"), Some("3"));
}

#[test]
fn requests_are_counted_by_route_and_status_only() {
    let registry = Registry::new();
    let ops = serving(&registry).bind().unwrap();
    let address = ops.local_addr();

    for path in ["/livez", "/livez?a=1", "/secret-1", "/secret-2"] {
        get(address, path);
    }
    get_with(address, "/livez", "host: evil.example\r\n");

    let text = get(address, "/metrics").body;
    for line in [
        "steeple_ops_requests_total{path=\"/livez\",status=\"200\"} 2\n",
        "steeple_ops_requests_total{path=\"/livez\",status=\"421\"} 1\n",
        "steeple_ops_requests_total{path=\"other\",status=\"404\"} 2\n",
        "steeple_ops_connections_rejected_total 0\n",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(!text.contains("secret"), "{text}");
    eventually(|| {
        get(address, "/metrics")
            .body
            .contains("steeple_ops_requests_total{path=\"/metrics\",status=\"200\"}")
    });
}
