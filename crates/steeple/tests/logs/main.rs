//! What a service logs.

#![cfg(feature = "logs")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    convert::Infallible,
    env,
    io::{Read, Write},
    net::TcpStream,
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_executor::block_on;
use serde_json::Value;
use steeple::{
    Steeple, log,
    logs::{Destination, Format, Lines, Marker, Outlet},
};
use tracing::{info, subscriber::with_default, warn};
use tracing_subscriber::{layer::SubscriberExt, registry};

/// A destination that keeps what it is sent.
#[derive(Clone, Debug, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn events(&self) -> Vec<Value> {
        let text = self.0.lock().unwrap();
        let lines = text.split_inclusive(|byte| *byte == b'\n');
        lines
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }
}

impl Destination for Captured {
    type Error = Infallible;

    fn start(self, marker: Marker) -> Result<Outlet, Infallible> {
        let pipeline = Outlet::pipeline("captured");
        Ok(Outlet::start(pipeline, marker, move || {
            let captured = self.clone();
            async move |batch: &[Lines]| {
                let mut text = captured.0.lock().unwrap();
                for lines in batch {
                    text.extend_from_slice(lines.as_bytes());
                }
                Ok(())
            }
        }))
    }
}

fn messages(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["message"].as_str().unwrap_or_default())
        .collect()
}

#[test]
fn a_layer_logs_with_the_identity_of_the_job_to_the_very_end() {
    let captured = Captured::default();
    let destination = captured.clone();
    let steeple = Steeple::builder("shop")
        .private()
        .without_ops()
        .logs(move |logs| logs.to(destination, Format::Ecs))
        .build()
        .unwrap();
    let report = with_default(registry().with(steeple.log_layer()), || {
        steeple.observe("job", "nightly").run(|| {
            log::bind("user.id", "ada");
            info!("working");
        });
        let flushed = block_on(steeple.flush(Duration::from_secs(10)));
        assert!(flushed.is_complete(), "{flushed:?}");
        block_on(steeple.shutdown(Duration::from_secs(10))).unwrap()
    });
    assert!(report.is_complete());
    assert_eq!(report.logs.unwrap().written, 1);
    let events = captured.events();
    let [working, job, end] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(messages(&events)[0], "working");
    assert_eq!(job["trace"], working["trace"]);
    assert_eq!(
        end["message"],
        "the service has ended, and everything was delivered"
    );
    assert_eq!(events[0]["service"]["name"], "shop");
    assert_eq!(events[0]["user"]["id"], "ada");
    assert_eq!(events[0]["labels"]["job_name"], "nightly");
    assert!(events[0]["trace"]["id"].is_string());
}

/// A backend that takes connections and never answers.
#[cfg(feature = "otlp")]
#[test]
fn the_end_is_told_although_a_backend_hangs() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || listener.incoming().collect::<Vec<_>>());
    let captured = Captured::default();
    let destination = captured.clone();
    let steeple = Steeple::builder("shop")
        .private()
        .without_ops()
        .otlp(move |otlp| otlp.endpoint(endpoint))
        .logs(move |logs| logs.to(destination, Format::Ecs))
        .build()
        .unwrap();
    with_default(registry().with(steeple.log_layer()), || {
        steeple.observe("job", "nightly").run(|| info!("working"));
        let ended = block_on(steeple.shutdown(Duration::from_secs(5)));
        assert!(!ended.unwrap_err().report.is_complete());
    });
    let events = captured.events();
    let told = messages(&events);
    assert_eq!(told.first(), Some(&"working"));
    assert_eq!(told.last(), Some(&"the service has ended"));
}

#[test]
fn without_settings_there_is_a_layer_of_nothing() {
    let steeple = Steeple::builder("shop")
        .private()
        .without_ops()
        .build()
        .unwrap();
    assert!(steeple.logs().is_none());
    with_default(registry().with(steeple.log_layer()), || info!("unheard"));
    let report = block_on(steeple.shutdown(Duration::from_secs(10))).unwrap();
    assert_eq!(report.logs, None);
}

/// Runs the test of this name in a process of its own, which it [is told](is_child) to be.
fn in_process(name: &str, variables: &[(&str, &str)]) -> Vec<Value> {
    let output = Command::new(env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env("STEEPLE_CHILD", name)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let lines = text
        .lines()
        .filter_map(|line| line.find('{').map(|at| &line[at..]));
    lines
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

fn is_child(name: &str) -> bool {
    env::var_os("STEEPLE_CHILD").is_some_and(|child| child == name)
}

#[test]
fn an_installed_subscriber_takes_in_the_crate_log_and_obeys_the_operator() {
    let name = "an_installed_subscriber_takes_in_the_crate_log_and_obeys_the_operator";
    if is_child(name) {
        let steeple = Steeple::builder("shop")
            .without_ops()
            .logs(|logs| logs)
            .build()
            .unwrap();
        steeple.install_subscriber().unwrap();
        assert!(steeple.install_subscriber().is_err());
        info!("left out");
        warn!("told");
        ::log::warn!(target: "dependency", "told by log");
        block_on(steeple.shutdown(Duration::from_secs(10))).unwrap();
        return;
    }
    let variables = [
        ("RUST_LOG", "warn,steeple=off"),
        ("OTEL_SERVICE_NAME", "operated"),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "service.version=1.2,deployment.environment.name=staging",
        ),
    ];
    let events = in_process(name, &variables);
    assert_eq!(messages(&events), ["told", "told by log"]);
    assert_eq!(events[1]["log"]["logger"], "dependency");
    let service =
        serde_json::json!({"name": "operated", "version": "1.2", "environment": "staging"});
    assert_eq!(events[0]["service"], service);
}

#[test]
fn levels_are_changed_at_the_ops_listener_by_whoever_has_the_token() {
    const TOKEN: &str = "00112233445566778899aabbccddeeff";
    let captured = Captured::default();
    let destination = captured.clone();
    let steeple = Steeple::builder("shop")
        .private()
        .ops(|ops| ops.address(([127, 0, 0, 1], 0).into()).token(TOKEN))
        .logs(move |logs| logs.to(destination, Format::Ecs))
        .build()
        .unwrap();
    let address = steeple.ops_addr().unwrap();
    let ask = |method: &str, fields: &str, body: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} /log-level HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n{fields}\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let token = format!("authorization: Bearer {TOKEN}\r\n");
    let subscriber = registry().with(steeple.log_layer());
    with_default(subscriber, || {
        let log = || tracing::debug!(target: "shop::cart", "detail");
        log();
        assert!(ask("PUT", "", "trace").starts_with("HTTP/1.1 401"));
        log();
        let changed = ask("PUT", &token, "info,shop::cart=debug");
        assert!(changed.starts_with("HTTP/1.1 200"), "{changed}");
        assert!(
            changed.ends_with(r#""current":"info,shop::cart=debug","reverts_in_seconds":900}"#),
            "{changed}"
        );
        log();
        assert!(ask("PUT", &token, "loud").contains("`loud` names no level"));
        let reverted = ask("DELETE", &token, "");
        assert!(
            reverted.contains(r#""reverts_in_seconds":null"#),
            "{reverted}"
        );
        log();
    });
    block_on(steeple.shutdown(Duration::from_secs(10))).unwrap();
    let events = captured.events();
    let details = messages(&events)
        .into_iter()
        .filter(|message| *message == "detail");
    assert_eq!(details.count(), 1, "{events:?}");
}
