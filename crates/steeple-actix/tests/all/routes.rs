//! The route that a request is recorded under.

use std::future::{pending, ready};

use actix_web::{
    App, HttpResponse,
    dev::{Service, ServiceResponse},
    error::ErrorForbidden,
    guard,
    test::TestRequest,
    web,
};
use steeple_core::current;

use crate::stage::{self, Running, Stage};

async fn ok() -> &'static str {
    "ok"
}

#[actix_web::test]
async fn a_resource_is_its_pattern() {
    let stage = Stage::new();
    let app = App::new()
        .route("/", web::get().to(ok))
        .route("/users/{id}", web::get().to(ok))
        .service(web::resource("/files/{path:.*}").to(ok));
    let app = stage.start(app).await;
    assert_eq!(stage.route(&app, "/").await, "/");
    assert_eq!(stage.route(&app, "/users/42").await, "/users/{id}");
    assert_eq!(stage.route(&app, "/files/a/b/c").await, "/files/{path:.*}");
}

#[actix_web::test]
async fn a_route_has_the_prefix_of_every_scope_above_it() {
    let stage = Stage::new();
    let inner = web::scope("/v{version}").service(web::resource("/users/{id}").to(ok));
    let app = stage
        .start(App::new().service(web::scope("/api").service(inner)))
        .await;
    assert_eq!(
        stage.route(&app, "/api/v1/users/42").await,
        "/api/v{version}/users/{id}"
    );
}

#[actix_web::test]
async fn what_matches_nothing_is_one_constant() {
    let stage = Stage::new();
    let app = App::new()
        .service(web::scope("/api").route("/users", web::get().to(ok)))
        .default_service(web::to(HttpResponse::NotFound));
    let app = stage.start(app).await;
    for path in ["/", "/no/such/page", "/api", "/api/no", "/api/users/more"] {
        assert_eq!(stage.route(&app, path).await, "_UNMATCHED", "{path}");
    }
}

#[actix_web::test]
async fn the_default_service_of_a_scope_is_unmatched() {
    let stage = Stage::new();
    let scope = web::scope("/api")
        .route("/users", web::get().to(ok))
        .default_service(web::to(ok));
    let app = stage.start(App::new().service(scope)).await;
    assert_eq!(stage.route(&app, "/api/else").await, "_UNMATCHED");
    assert_eq!(stage.route(&app, "/api/users").await, "/api/users");
}

#[actix_web::test]
async fn guards_choose_among_patterns_that_fit_one_path() {
    let stage = Stage::new();
    let app = App::new()
        .service(
            web::resource("/{tenant}/orders")
                .guard(guard::Header("x-tenant", "yes"))
                .to(ok),
        )
        .service(web::resource("/shop/{page}").to(ok));
    let app = stage.start(app).await;
    assert_eq!(stage.route(&app, "/shop/orders").await, "/shop/{page}");
    let guarded = stage::get("/shop/orders").insert_header(("x-tenant", "yes"));
    stage::answer(&app, guarded).await;
    assert_eq!(stage.record().route, "/{tenant}/orders");
}

#[actix_web::test]
async fn a_guarded_scope_is_a_prefix_like_any_other() {
    let stage = Stage::new();
    let scope = |host| {
        web::scope("/{tenant}")
            .guard(guard::Host(host))
            .route("/{page}", web::get().to(ok))
    };
    let app = App::new()
        .service(scope("a.example"))
        .service(web::scope("/shop").route("/{item}", web::get().to(ok)));
    let app = stage.start(app).await;
    assert_eq!(stage.route(&app, "/shop/1").await, "/shop/{item}");
    let hosted = stage::get("/shop/1").insert_header(("host", "a.example"));
    stage::answer(&app, hosted).await;
    assert_eq!(stage.record().route, "/{tenant}/{page}");
}

#[actix_web::test]
async fn a_refused_method_is_of_its_resource() {
    let stage = Stage::new();
    let app = App::new()
        .service(web::resource("/resource").route(web::get().to(ok)))
        .route("/route", web::get().to(ok));
    let app = stage.start(app).await;
    for (path, status) in [("/resource", 405), ("/route", 404)] {
        let answer = stage::answer(&app, stage::get(path).method("HEAD".parse().unwrap())).await;
        assert_eq!(answer.status, status, "a GET route answers no HEAD");
        assert_eq!(stage.record().route, path);
    }
}

#[actix_web::test]
async fn the_handler_names_the_route_where_actix_knows_none() {
    let stage = Stage::new();
    let app = App::new().default_service(web::to(async || {
        current::route("/pages/{page}");
        "a page"
    }));
    let app = stage.start(app).await;
    assert_eq!(stage.route(&app, "/pages/1").await, "/pages/{page}");
}

#[actix_web::test]
async fn the_handlers_name_has_precedence() {
    let stage = Stage::new();
    let app = App::new().route(
        "/{tail:.*}",
        web::get().to(async || {
            current::route("/pages/{page}");
            "a page"
        }),
    );
    let app = stage.start(app).await;
    assert_eq!(stage.route(&app, "/pages/1").await, "/pages/{page}");
}

#[actix_web::test]
async fn a_wrapped_scope_or_resource_is_observed_alone() {
    let stage = Stage::new();
    let app = App::new()
        .service(
            web::scope("/api")
                .wrap(stage.observe())
                .service(web::resource("/users/{id}").to(ok)),
        )
        .service(web::resource("/one/{id}").wrap(stage.observe()).to(ok))
        .route("/else", web::get().to(ok));
    let app = Running::new(app).await;
    assert_eq!(stage.route(&app, "/api/users/1").await, "/api/users/{id}");
    assert_eq!(stage.route(&app, "/one/1").await, "/one/{id}");
    stage::answer(&app, stage::get("/else")).await;
    assert_eq!(stage.records(), []);
}

#[actix_web::test]
async fn applied_twice_it_counts_once() {
    let stage = Stage::new();
    let scope = web::scope("/api")
        .wrap(stage.observe())
        .route("/users/{id}", web::get().to(ok))
        .route("/panic", web::get().to(panics));
    let app = stage.start(App::new().service(scope)).await;
    assert_eq!(stage.route(&app, "/api/users/1").await, "/api/users/{id}");
    assert_eq!(stage.route(&app, "/api/panic").await, "/api/panic");
    assert_eq!(stage.total("steeple_layer_applied_twice_total"), 2.0);
}

async fn panics() -> &'static str {
    panic!("lost")
}

#[actix_web::test]
async fn a_request_that_leaves_no_request_is_found_by_its_path() {
    let stage = Stage::new();
    let scope = web::scope("/api").route("/panic/{id}", web::get().to(panics));
    let failing = web::resource("/failing/{id}")
        .wrap_fn(|_, _| ready(Err::<ServiceResponse, _>(ErrorForbidden("no"))))
        .to(ok);
    let app = App::new()
        .service(scope)
        .service(failing)
        .route("/never/{id}", web::get().to(pending::<&str>))
        .wrap_fn(|request, service| {
            assert!(request.path() != "/no/such/page", "lost before routing");
            service.call(request)
        });
    let app = stage.start(app).await;
    assert_eq!(stage.route(&app, "/api/panic/1").await, "/api/panic/{id}");
    assert_eq!(stage.route(&app, "/failing/1").await, "/failing/{id}");
    assert_eq!(stage.route(&app, "/no/such/page").await, "_UNMATCHED");

    cancel(&app, stage::get("/never/1")).await;
    assert_eq!(stage.record().route, "/never/{id}");
}

/// Begins `request`, and waits no longer.
async fn cancel(app: &Running, request: TestRequest) {
    let mut call = app.call(request);
    assert!(futures_util::poll!(&mut call).is_pending());
}

#[actix_web::test]
async fn a_request_that_leaves_no_request_is_of_the_first_pattern_that_fits_whatever_guards_say() {
    let stage = Stage::new();
    let handler = async |plan: web::Path<String>| match plan.as_str() {
        "panic" => panics().await,
        _ => pending().await,
    };
    let paid = web::resource("/plans/{paid}").guard(guard::Header("x-plan", "paid"));
    let app = App::new()
        .service(paid.to(handler))
        .service(web::resource("/plans/{any}").to(handler));
    let app = stage.start(app).await;
    for plan in ["paid", "free"] {
        let asked = |path| stage::get(path).insert_header(("x-plan", plan));
        stage::answer(&app, asked("/plans/panic")).await;
        assert_eq!(stage.record().route, "/plans/{paid}", "{plan}");
        cancel(&app, asked("/plans/never")).await;
        assert_eq!(stage.record().route, "/plans/{paid}", "{plan}");
    }
}

#[actix_web::test]
async fn a_request_that_leaves_no_request_is_looked_for_in_the_first_of_the_scopes_that_fit() {
    let stage = Stage::new();
    let scope = |host| web::scope("/shop").guard(guard::Host(host));
    let app = App::new()
        .service(scope("a.example").route("/carts/{id}", web::get().to(panics)))
        .service(
            scope("b.example")
                .route("/ok/{id}", web::get().to(ok))
                .route("/panic/{id}", web::get().to(panics)),
        );
    let app = stage.start(app).await;
    for (host, path, route) in [
        ("a.example", "/shop/carts/1", "/shop/carts/{id}"),
        ("b.example", "/shop/ok/1", "/shop/ok/{id}"),
        ("b.example", "/shop/panic/1", "_UNMATCHED"),
    ] {
        stage::answer(&app, stage::get(path).insert_header(("host", host))).await;
        assert_eq!(stage.record().route, route, "{path}");
    }
}

#[actix_web::test]
async fn the_handlers_name_has_precedence_for_a_panic_too() {
    let stage = Stage::new();
    let handler = async || {
        current::route("/plans/{any}");
        panics().await
    };
    let paid = web::resource("/plans/{paid}").guard(guard::Header("x-plan", "paid"));
    let app = App::new()
        .service(paid.to(ok))
        .route("/plans/{any}", web::get().to(handler));
    let app = stage.start(app).await;
    assert_eq!(stage.route(&app, "/plans/1").await, "/plans/{any}");
}
