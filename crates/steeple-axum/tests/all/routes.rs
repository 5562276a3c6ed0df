//! The route of a request: the whole template that axum matched, or one constant.

use std::convert::Infallible;

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{Method, StatusCode},
    response::Response,
    routing::{any, get},
};
use tower::{ServiceBuilder, service_fn};

use crate::stage::{self, Stage, answer, request};

const UNMATCHED: &str = "_UNMATCHED";

async fn hello() -> &'static str {
    "hello"
}

/// Sends a GET to each path and compares the routes.
async fn expect_routes(stage: &Stage, router: Router, expected: &[(&str, &str)]) {
    for (path, route) in expected {
        assert_eq!(stage.route(&router, path).await, *route, "of {path}");
    }
}

fn total_of(stage: &Stage, requests: usize) {
    assert_eq!(stage.total("http_server_requests_total"), requests as u64);
    assert_eq!(stage.total("steeple_layer_applied_twice_total"), 0);
}

#[tokio::test]
async fn a_route_is_its_template() {
    let stage = Stage::new();
    let router = Router::new()
        .route("/", get(hello))
        .route("/users/{id}", get(hello))
        .route("/users/me", get(hello))
        .route("/users/{id}/orders/{order}", get(hello))
        .route("/files/{*rest}", get(hello))
        .layer(stage.layer());
    let expected = [
        ("/", "/"),
        ("/users/7", "/users/{id}"),
        ("/users/7?page=2", "/users/{id}"),
        ("/users/me", "/users/me"),
        ("/users/7/orders/9", "/users/{id}/orders/{order}"),
        ("/files/a/b/c.txt", "/files/{*rest}"),
        ("/users", UNMATCHED),
        ("/users/", UNMATCHED),
        ("/no/such/page", UNMATCHED),
    ];
    expect_routes(&stage, router, &expected).await;
    total_of(&stage, expected.len());
}

#[tokio::test]
async fn a_nested_route_has_every_prefix() {
    let stage = Stage::new();
    let users = Router::new()
        .route("/", get(hello))
        .route("/{id}", get(hello));
    let api = Router::new()
        .route("/", get(hello))
        .nest("/users", users.clone())
        .nest("/tenants/{tenant}/users", users);
    let router = Router::new().nest("/api", api).layer(stage.layer());
    let expected = [
        ("/api", "/api"),
        ("/api/", UNMATCHED),
        ("/api/users", "/api/users"),
        ("/api/users/7", "/api/users/{id}"),
        (
            "/api/tenants/acme/users/7",
            "/api/tenants/{tenant}/users/{id}",
        ),
        ("/api/no/such/page", UNMATCHED),
    ];
    expect_routes(&stage, router, &expected).await;
    total_of(&stage, expected.len());
}

#[tokio::test]
async fn a_layer_inside_of_a_nest_sees_the_whole_template() {
    let stage = Stage::new();
    let api = Router::new()
        .route("/users/{id}", get(hello))
        .layer(stage.layer());
    let router = Router::new().nest("/api", api);
    assert_eq!(
        stage.route(&router, "/api/users/7").await,
        "/api/users/{id}"
    );
    let (answer, records) = stage.send(&router, stage::get("/elsewhere")).await;
    assert_eq!((answer.status, records.len()), (StatusCode::NOT_FOUND, 0));
}

#[tokio::test]
async fn what_a_nested_service_routes_is_not_known_outside_of_it() {
    let stage = Stage::new();
    let files =
        service_fn(async |_: Request| Ok::<_, Infallible>(Response::new(Body::from("a file"))));
    let router = Router::new()
        .nest_service("/files", files)
        .nest_service("/api", Router::new().route("/users/{id}", get(hello)))
        .route_service("/file/{name}", files)
        .layer(stage.layer());
    let expected = [
        // The service itself is at the prefix, and that axum knows.
        ("/files", "/files"),
        ("/files/a/b", UNMATCHED),
        ("/api/users/7", UNMATCHED),
        ("/file/a", "/file/{name}"),
    ];
    expect_routes(&stage, router, &expected).await;
    total_of(&stage, expected.len());
}

#[tokio::test]
async fn a_router_that_is_a_nested_service_tells_its_template_through_a_layer_of_its_own() {
    let stage = Stage::new();
    let users = Router::new()
        .route("/", get(hello))
        .route("/{id}", get(hello))
        .layer(stage.layer());
    let api = Router::new()
        .route("/orders/{id}", get(hello))
        .nest_service("/users", users)
        .layer(stage.layer());
    let router = Router::new().nest_service("/api", api).layer(stage.layer());
    let expected = [
        ("/api/orders/7", "/api/orders/{id}"),
        ("/api/users/7", "/api/users/{id}"),
        ("/api/users", "/api/users/"),
    ];
    expect_routes(&stage, router, &expected).await;
    total_of(&stage, expected.len());
}

#[tokio::test]
async fn what_nothing_matches_in_a_nested_service_with_a_layer_of_its_own_is_no_second_application()
{
    let stage = Stage::new();
    let api = Router::new()
        .route("/users/{id}", get(hello))
        .layer(stage.layer());
    let router = Router::new().nest_service("/api", api).layer(stage.layer());
    expect_routes(&stage, router, &[("/api/no/such/page", UNMATCHED)]).await;
    total_of(&stage, 1);
}

#[tokio::test]
async fn a_merged_router_keeps_its_templates() {
    let stage = Stage::new();
    let users = Router::new().route("/users/{id}", get(hello));
    let router = Router::new()
        .route("/orders/{id}", get(hello))
        .merge(users)
        .layer(stage.layer());
    let expected = [("/orders/7", "/orders/{id}"), ("/users/7", "/users/{id}")];
    expect_routes(&stage, router, &expected).await;
}

#[tokio::test]
async fn a_router_merged_behind_the_layer_is_not_observed() {
    let stage = Stage::new();
    let router = Router::new()
        .route("/orders/{id}", get(hello))
        .layer(stage.layer())
        .merge(Router::new().route("/users/{id}", get(hello)));
    assert_eq!(stage.route(&router, "/orders/7").await, "/orders/{id}");
    let (answer, records) = stage.send(&router, stage::get("/users/7")).await;
    assert_eq!((answer.status, records.len()), (StatusCode::OK, 0));
}

#[tokio::test]
async fn a_fallback_is_no_route() {
    let stage = Stage::new();
    let api = Router::new()
        .route("/users/{id}", get(hello))
        .fallback(async || "nothing in the nest");
    let router = Router::new()
        .nest("/api", api)
        .fallback(async || "nothing here")
        .layer(stage.layer());
    for (path, body) in [
        ("/api/no/such/page", "nothing in the nest"),
        ("/no/such/page", "nothing here"),
    ] {
        let (answer, records) = stage.send(&router, stage::get(path)).await;
        assert_eq!(answer.body, body);
        assert_eq!(
            (records[0].route.as_str(), records[0].status),
            (UNMATCHED, Some(200))
        );
        assert_eq!(records.len(), 1);
    }
}

#[tokio::test]
async fn a_method_that_is_not_allowed_has_its_route() {
    let stage = Stage::new();
    let router = Router::new()
        .route("/users/{id}", get(hello))
        .method_not_allowed_fallback(async || (StatusCode::METHOD_NOT_ALLOWED, "not so"))
        .layer(stage.layer());
    let (answer, records) = stage
        .send(&router, request(Method::DELETE, "/users/7", Body::empty()))
        .await;
    assert_eq!(answer.body, "not so");
    assert_eq!(
        (
            records[0].route.as_str(),
            records[0].method.as_str(),
            records[0].status
        ),
        ("/users/{id}", "DELETE", Some(405))
    );
    assert_eq!(records.len(), 1);
}

#[tokio::test]
async fn as_a_route_layer_it_observes_what_matched_alone() {
    let stage = Stage::new();
    let router = Router::new()
        .route("/users/{id}", get(hello))
        .route_layer(stage.layer());
    assert_eq!(stage.route(&router, "/users/7").await, "/users/{id}");
    let (answer, records) = stage.send(&router, stage::get("/no/such/page")).await;
    assert_eq!((answer.status, records.len()), (StatusCode::NOT_FOUND, 0));
}

#[tokio::test]
async fn on_one_method_router_it_observes_that_alone() {
    let stage = Stage::new();
    let router = Router::new()
        .route("/users/{id}", get(hello).layer(stage.layer()))
        .route("/orders/{id}", get(hello));
    assert_eq!(stage.route(&router, "/users/7").await, "/users/{id}");
    let (_, records) = stage.send(&router, stage::get("/orders/7")).await;
    assert_eq!(records.len(), 0);
}

#[tokio::test]
async fn around_the_whole_router_it_runs_before_the_routing() {
    let stage = Stage::new();
    let router = Router::new().route("/users/{id}", get(hello));
    let service = ServiceBuilder::new().layer(stage.layer()).service(router);
    assert_eq!(answer(service, stage::get("/users/7")).await.body, "hello");
    assert!(stage.metrics().contains(r#"http_route="_UNMATCHED""#));
    total_of(&stage, 1);
}

#[tokio::test]
async fn around_the_whole_router_it_learns_the_route_from_a_layer_inside() {
    let stage = Stage::new();
    let router = Router::new()
        .route("/users/{id}", get(hello))
        .layer(stage.layer());
    let service = ServiceBuilder::new().layer(stage.layer()).service(router);
    answer(service, stage::get("/users/7")).await;
    assert!(stage.metrics().contains(r#"http_route="/users/{id}""#));
    total_of(&stage, 1);
}

#[tokio::test]
async fn head_is_answered_by_get_and_has_its_route() {
    let stage = Stage::new();
    let router = Router::new()
        .route("/users/{id}", get(hello))
        .route("/any", any(hello))
        .layer(stage.layer());
    let (answer, records) = stage
        .send(&router, request(Method::HEAD, "/users/7", Body::empty()))
        .await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""));
    assert_eq!(
        (
            records[0].route.as_str(),
            records[0].method.as_str(),
            records[0].response_size
        ),
        ("/users/{id}", "HEAD", 0)
    );
    assert_eq!(records.len(), 1);
}

#[tokio::test]
async fn applied_twice_it_counts_once_and_says_so() {
    let stage = Stage::new();
    let router = Router::new()
        .route("/users/{id}", get(hello))
        .layer(stage.layer())
        .layer(stage.layer());
    expect_routes(&stage, router, &[("/users/7", "/users/{id}"); 3]).await;
    assert_eq!(stage.total("http_server_requests_total"), 3);
    assert_eq!(stage.total("steeple_layer_applied_twice_total"), 3);
}
