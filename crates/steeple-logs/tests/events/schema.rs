//! What is written against what ECS has.

use std::collections::BTreeMap;

use serde_json::Value;
use steeple_core::{Observer, current};
use steeple_logs::{Format, Logs};
use tracing::{error, info, info_span, subscriber::with_default};
use tracing_subscriber::{layer::SubscriberExt, registry};

use crate::{
    captured::{Captured, finish},
    requests::in_request,
};

/// Types and normalizations by the names of fields.
fn fields() -> BTreeMap<&'static str, (&'static str, &'static str)> {
    let table = include_str!("../../src/encode/ecs-8.11.0.csv");
    let rows = table.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| {
        let [name, kind, normalization] = row.split(',').collect::<Vec<_>>()[..] else {
            panic!("{row}");
        };
        (name, (kind, normalization))
    })
    .collect()
}

/// Whether a value can be indexed as this type, and is what the official mapping means by it.
fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "keyword" | "match_only_text" | "wildcard" | "date" => value.is_string(),
        "ip" => value
            .as_str()
            .is_some_and(|text| text.parse::<std::net::IpAddr>().is_ok()),
        "long" => value.is_i64(),
        "float" => value.is_number(),
        _ => false,
    }
}

fn check(path: &str, value: &Value, seen: &mut BTreeMap<String, u64>) {
    let fields = fields();
    match value {
        Value::Object(labels) if path == "labels" => {
            assert!(labels.values().all(Value::is_string), "{labels:?}");
            assert!(!labels.keys().any(|name| name.contains('.')), "{labels:?}");
        }
        Value::Object(object) => {
            for (name, value) in object {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                check(&path, value, seen);
            }
        }
        value => {
            let (kind, normalization) = fields
                .get(path)
                .unwrap_or_else(|| panic!("{path} is not in ECS"));
            let values = match (value, *normalization) {
                (Value::Array(values), "array") => &values[..],
                (value, "") => std::slice::from_ref(value),
                _ => panic!("{path}: {value} for {normalization:?}"),
            };
            assert!(
                values.iter().all(|value| is_of(kind, value)),
                "{path}: {value} for {kind}"
            );
            *seen.entry(path.to_owned()).or_default() += 1;
        }
    }
}

#[test]
fn every_field_is_one_of_ecs_of_its_type_or_a_label() {
    let captured = Captured::default();
    let logs = Logs::builder("shop")
        .resource_attribute("service.version", "1.2")
        .resource_attribute("service.instance.id", "shop-1")
        .resource_attribute("deployment.environment.name", "staging")
        .resource_attribute("container.id", "c0ffee")
        .resource_attribute("k8s.namespace.name", "shops")
        .resource_attribute("k8s.cluster.name", "berlin")
        .resource_attribute("cloud.provider", "none")
        .resource_attribute("cloud.region", "eu-1")
        .to(captured.clone(), Format::Ecs)
        .start()
        .unwrap();
    let observer = Observer::builder().sink(logs.access_log()).build().unwrap();
    with_default(registry().with(logs.layer()), || {
        let headers = [
            ("user-agent", "curl/8"),
            ("host", "shop.example"),
            ("referer", "http://a/"),
        ];
        in_request(&observer, &headers, || {
            current::attach(&std::io::Error::other("the bank is closed"));
            error!("cannot pay");
            let _span = info_span!(
                "s",
                event.duration = 5_u64,
                event.risk_score = 0.5,
                user.id = 7
            )
            .entered();
            info!(
                http.response.status_code = 500,
                http.request.body.bytes = -1,
                url.port = u64::MAX,
                client.ip = "::1",
                server.ip = "nowhere",
                error.message = "own",
                http = 1,
                url = "no",
                long.dotted.name = true,
                "all of it",
            );
        });
        observer.observe("job", "nightly").run(|| info!("in a job"));
        "x".repeat(100_000)
            .lines()
            .for_each(|long| info!(long, "{}", "y".repeat(100_000)));
    });
    finish(logs);
    let mut seen = BTreeMap::new();
    let text = captured.text();
    for line in text.lines() {
        check("", &serde_json::from_str(line).unwrap(), &mut seen);
    }
    // Two events and a line of the request, two of the job, and one that is cut.
    assert_eq!(text.lines().count(), 6, "{text}");
    for name in [
        "cloud.region",
        "log.origin.file.line",
        "process.thread.name",
        "trace.id",
        "event.risk_score",
        "http.request.id",
        "http.response.status_code",
        "client.ip",
        "user.id",
        "error.type",
        "error.message",
        "tags",
    ] {
        assert!(seen.contains_key(name), "{name} is in no line: {seen:?}");
    }
}
