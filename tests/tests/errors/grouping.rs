//! What is one group and what is told of it, through a service on axum.

use steeple::{errors::Group, metrics::Value};
use steeple_tests::{backends::get, waiting::eventually};

use crate::shop::Shop;

/// The group of what happened in `route`, of which there is one.
fn of_route(groups: &[Group], route: &str) -> Group {
    let mut of_route = groups
        .iter()
        .filter(|group| group.routes().any(|(known, _)| known == route));
    let group = of_route.next().unwrap();
    assert!(of_route.next().is_none(), "{route} has one group");
    group.clone()
}

#[test]
fn each_failure_is_in_the_group_of_its_place_type_and_route() {
    let shop = Shop::open(|builder| builder);
    shop.steeple.observer().serve_process();
    let mut ids = Vec::new();
    for order in 1..=5 {
        for (route, status) in [
            ("panics", 500),
            ("chain", 500),
            ("refund", 500),
            ("unexplained", 502),
            ("spawned", 200),
            ("logged", 200),
            ("missing", 404),
        ] {
            let (answered, id) = shop.visit(&format!("/{route}/{order}"));
            assert_eq!(answered, status, "{route}");
            ids.push((route, id));
        }
    }
    let errors = shop.steeple.errors().unwrap();
    eventually("the panics of tasks arrive", || {
        errors.accounting().created == 30
    });
    let groups = shop.groups();
    let counts: Vec<_> = groups.iter().map(|group| group.count).collect();
    assert_eq!(counts, [5; 6], "{groups:#?}");
    let last_id = |route| &ids.iter().rfind(|(of, _)| *of == route).unwrap().1;

    let panic = of_route(&groups, "/panics/{order}");
    assert_eq!(
        (&*panic.kind, &*panic.message),
        ("panic", "order 5 is gone")
    );
    assert!(panic.place.as_ref().unwrap().contains("errors/shop.rs:"));
    assert_eq!((panic.users(), panic.has_more_users()), (3, false));
    let [.., sample] = &panic.samples[..] else {
        unreachable!()
    };
    assert_eq!(sample.request_id.as_ref(), Some(last_id("panics")));
    assert_eq!(
        (sample.status, sample.method.as_deref()),
        (Some(500), Some("GET"))
    );
    let own = sample.frames.iter().find(|frame| frame.in_app).unwrap();
    assert!(
        own.file.as_ref().unwrap().ends_with("errors/shop.rs"),
        "{own:?}"
    );
    assert!(own.line.is_some());

    let chain = of_route(&groups, "/chain/{order}");
    assert!(chain.type_name.as_ref().unwrap().ends_with("shop::NotPaid"));
    assert_eq!(chain.samples.len(), 3, "the last three");
    let sample = chain.samples.last().unwrap();
    let said: Vec<_> = sample.causes.iter().map(|cause| &*cause.message).collect();
    assert_eq!(
        said,
        [
            "order 5 cannot be paid",
            "the bank is away",
            "10.0.0.7 refused"
        ]
    );
    assert_eq!(sample.tags["tenant"], "acme");
    let refund = of_route(&groups, "/refund/{order}");
    assert_ne!(chain.id, refund.id, "the route tells them apart");

    let unexplained = of_route(&groups, "/unexplained/{order}");
    assert_eq!(
        (&*unexplained.kind, unexplained.type_name.as_deref()),
        ("status", Some("502"))
    );
    let logged = of_route(&groups, "/logged/{order}");
    assert_eq!(&*logged.kind, "logged");
    assert_eq!(logged.samples.last().unwrap().tags["cache"], "prices");
    let spawned = groups
        .iter()
        .find(|group| group.routes().next().is_none())
        .unwrap();
    assert_eq!(&*spawned.kind, "panic");
}

#[test]
fn failures_are_counted_by_kind_and_told_over_http() {
    let shop = Shop::open(|builder| builder);
    for order in 0..4 {
        shop.visit(&format!("/panics/{order}"));
    }
    shop.visit("/chain/1");
    let groups = shop.groups();
    let snapshot = shop.steeple.registry().snapshot();
    let errors = snapshot.family("steeple_errors_total").unwrap();
    let of_kind = |kind| {
        let mut series = errors.series.iter();
        let series = series.find(|series| series.labels.iter().any(|(_, value)| value == kind));
        match series.unwrap().value {
            Value::Counter(total) => total,
            _ => unreachable!("it counts"),
        }
    };
    assert_eq!(
        (of_kind("panic"), of_kind("error"), of_kind("logged")),
        (4, 1, 0)
    );

    let ops = shop.steeple.ops_addr().unwrap();
    let told = |path: String| -> serde_json::Value {
        serde_json::from_str(&get(&format!("http://{ops}{path}")).unwrap()).unwrap()
    };
    let all = told("/api/errors".to_owned());
    let panic = &all["groups"][1];
    assert_eq!(panic["count"], 4);
    assert_eq!(panic["per_minute"], 0.8);
    assert_eq!(panic["routes"]["/panics/{order}"], 4);
    let one = told(format!("/api/errors/{}", panic["id"].as_str().unwrap()));
    let samples = one["samples"].as_array().unwrap();
    let kept = &groups[1].samples;
    assert_eq!(samples.len(), kept.len());
    for (sample, kept) in samples.iter().zip(kept) {
        assert_eq!(sample["request_id"].as_str(), kept.request_id.as_deref());
        assert_eq!(sample["trace_id"].as_str(), kept.trace_id.as_deref());
        assert!(!sample["frames"].as_array().unwrap().is_empty());
    }
}
