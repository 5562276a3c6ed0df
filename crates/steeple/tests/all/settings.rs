//! Settings in code that cannot be.

use std::{
    net::{Ipv4Addr, TcpListener},
    time::Duration,
};

use steeple::{Label, MetricNames, RoutePolicy, Steeple, SteepleBuilder, metrics::Matcher};

use crate::process::chain;

type Configure = Box<dyn FnOnce(SteepleBuilder) -> SteepleBuilder>;

fn refusal(builder: SteepleBuilder) -> String {
    let error = builder.build().expect_err("an invalid setting");
    format!("{}\n{error:?}", chain(&error))
}

fn shop() -> SteepleBuilder {
    Steeple::builder("shop").private()
}

fn buckets(bounds: &'static [f64]) -> Configure {
    Box::new(move |shop| {
        shop.registry(|registry| registry.buckets(Matcher::full("checkout.duration"), bounds))
    })
}

fn labels(names: &'static [&'static str]) -> Configure {
    Box::new(move |shop| {
        shop.observer(|observer| {
            names
                .iter()
                .fold(observer, |observer, name| observer.label(Label::new(name)))
        })
    })
}

fn metric_names(names: &'static [&'static str]) -> Configure {
    Box::new(|shop| {
        shop.observer(|observer| {
            observer.metric_names(names.iter().map(|names| names.parse().unwrap()))
        })
    })
}

#[test]
fn a_name_that_is_none_is_refused() {
    let long = "x".repeat(256);
    for (name, expected) in [
        (
            "",
            "the name of the service is empty; give it one, such as `shop`",
        ),
        (" \t", "is empty"),
        (
            "a\nb",
            r#""a\nb", has control characters or outer white space; remove them"#,
        ),
        ("shop ", r#""shop ""#),
        (&long, "has 256 bytes; use at most 255"),
    ] {
        let said = refusal(Steeple::builder(name).private().without_ops());
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn a_bad_setting_is_refused_with_its_value_and_what_is_accepted() {
    let cases: Vec<(Configure, &[&str])> = vec![
        (buckets(&[]), &["checkout.duration", "give at least one"]),
        (
            buckets(&[1.0, f64::NAN]),
            &["checkout.duration", "NaN", "leave it out"],
        ),
        (
            buckets(&[1.0, f64::INFINITY]),
            &["checkout.duration", "inf", "leave it out"],
        ),
        (
            buckets(&[0.5, 0.1]),
            &["checkout.duration", "0.1", "0.5", "sort the bounds"],
        ),
        (
            buckets(&[0.5, 0.5]),
            &["checkout.duration", "give each once"],
        ),
        (
            Box::new(|shop| shop.registry(|registry| registry.series_limit(0))),
            &["series_limit", "zero", "give a positive value"],
        ),
        (
            Box::new(|shop| shop.registry(|registry| registry.idle_timeout(Duration::ZERO))),
            &["idle_timeout", "zero"],
        ),
        (
            Box::new(|shop| shop.registry(|registry| registry.global_label("le", "1"))),
            &["global labels", "\"le\"", "choose another one"],
        ),
        (
            Box::new(|shop| {
                shop.registry(|registry| registry.summary(Matcher::full("wait"), &[99.0]))
            }),
            &["wait", "99", "is 0.99"],
        ),
        (
            Box::new(|shop| {
                shop.registry(|registry| registry.summary_window(Duration::from_millis(5)))
            }),
            &["summary_window", "5ms", "at least 1 s"],
        ),
        (
            Box::new(|shop| shop.registry(|registry| registry.metric_limit(1))),
            &["limit of 1 metrics", "raise `metric_limit`"],
        ),
        (labels(&[""]), &["``", "use letters, digits and `_`"]),
        (labels(&["1st"]), &["`1st`", "not a digit first"]),
        (labels(&["ten-ant"]), &["`ten-ant`", "use letters"]),
        (labels(&["größe"]), &["`größe`", "use letters"]),
        (labels(&["__name__"]), &["`__name__`", "not `__` first"]),
        (
            labels(&["tenant", "tenant"]),
            &["`tenant`", "choose another name"],
        ),
        (
            labels(&["a", "b", "c", "d", "e"]),
            &["5 labels", "bears 4", "declare fewer"],
        ),
        (
            Box::new(|shop| {
                shop.observer(|observer| {
                    observer.route("/orders/{id}", RoutePolicy::new().label("tier", "gold"))
                })
            }),
            &["`/orders/{id}`", "`tier`", "declare it with `label`"],
        ),
        (metric_names(&[]), &["no names", "leave out `metric_names`"]),
        (
            Box::new(|shop| {
                let namespace = "my-api".to_owned();
                let names = MetricNames::ActixWebProm { namespace };
                shop.observer(|observer| observer.metric_names([names]))
            }),
            &["`my-api`", "namespace", "use letters"],
        ),
        (
            metric_names(&["classic", "actix-web-prom:"]),
            &["`http_requests_total`", "two sets of names"],
        ),
        (
            metric_names(&["axum-prometheus", "axum-prometheus"]),
            &["`axum_http_requests_", "leave one of them out"],
        ),
        (
            Box::new(|shop| shop.ops(|ops| ops.address((Ipv4Addr::UNSPECIFIED, 0).into()))),
            &["0.0.0.0:0", "no token", "use a loopback address"],
        ),
        (
            Box::new(|shop| shop.ops(|ops| ops.allow_host("http://shop.example"))),
            &["\"http://shop.example\"", "without scheme"],
        ),
        (
            Box::new(|shop| shop.ops(|ops| ops.header_timeout(Duration::ZERO))),
            &["header timeout", "0ns", "give one from 1 ms to 1 h"],
        ),
    ];
    for (configure, expected) in cases {
        let said = refusal(configure(shop()));
        for part in expected {
            assert!(said.contains(part), "no {part} in {said}");
        }
    }
}

#[test]
fn a_label_of_steeple_s_own_is_refused() {
    for reserved in [
        "http_request_method",
        "http_route",
        "http_response_status_code",
        "url_scheme",
        "network_protocol_version",
        "error_type",
        "outcome",
    ] {
        let said = refusal(
            shop()
                .without_ops()
                .observer(move |observer| observer.label(Label::new(reserved))),
        );
        assert!(
            said.contains(&format!("the label `{reserved}` exists already")),
            "{said}"
        );
    }
}

#[test]
fn a_label_of_the_chosen_names_is_refused() {
    let label = |names: MetricNames, label| {
        shop()
            .without_ops()
            .observer(move |observer| observer.metric_names([names]).label(Label::new(label)))
    };
    for reserved in ["method", "endpoint", "status"] {
        let said = refusal(label(MetricNames::AxumPrometheus, reserved));
        assert!(
            said.contains(&format!("the label `{reserved}` exists already")),
            "{said}"
        );
    }
    for free in [
        label(MetricNames::AxumPrometheus, "route"),
        label(MetricNames::SemanticConventions, "status"),
    ] {
        assert!(free.build().is_ok());
    }
}

#[test]
fn a_configured_port_that_is_taken_is_refused() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = taken.local_addr().unwrap();
    let said = refusal(shop().ops(move |ops| ops.address(address)));
    assert!(
        said.contains(&format!("{address} is already in use")),
        "{said}"
    );
}

#[test]
fn a_token_is_never_shown() {
    const TOKEN: &str = "s3cr3t-s3cr3t-s3cr3t-s3cr3t";
    let steeple = shop()
        .ops(|ops| {
            let ops = ops.address((Ipv4Addr::LOCALHOST, 0).into()).token(TOKEN);
            assert!(!format!("{ops:?}").contains("s3cr3t"), "{ops:?}");
            ops
        })
        .build()
        .unwrap();
    assert!(!format!("{steeple:?}").contains("s3cr3t"), "{steeple:?}");

    for bad in ["s3cr3t", "s3cr3t s3cr3t s3cr3t s3cr3t"] {
        let said = refusal(shop().ops(move |ops| ops.token(bad)));
        assert!(
            said.contains("ops token") && !said.contains("s3cr3t"),
            "{said}"
        );
    }
}

#[test]
fn settings_of_one_kind_add_up() {
    let said = refusal(
        shop()
            .without_ops()
            .observer(|observer| observer.label(Label::new("tenant")))
            .observer(|observer| observer.label(Label::new("tenant"))),
    );
    assert!(said.contains("`tenant`"), "{said}");
}
