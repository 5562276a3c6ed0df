//! How an instance tells how the service is.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use futures_executor::block_on;
use steeple::{
    BuildError, Steeple, SteepleBuilder,
    core::ops::{OpsRequest, OpsService},
    health::{Check, Health},
    metrics::Registry,
};

use crate::process;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn shop() -> SteepleBuilder {
    Steeple::builder("shop")
        .private()
        .ops(|ops| ops.address(([127, 0, 0, 1], 0).into()))
}

async fn up() -> Result<(), &'static str> {
    Ok(())
}

async fn down() -> Result<(), &'static str> {
    Err("no password for ada")
}

/// The head and the body of an answer.
fn ask(address: SocketAddr, method: &str, path: &str, headers: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
    write!(stream, "{head}{headers}\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_ascii_lowercase(), body.to_owned())
}

fn probe(steeple: &Steeple, path: &str) -> u16 {
    let request = OpsRequest::new("GET", path);
    block_on(steeple.probes().call(request)).status()
}

#[test]
fn the_ops_listener_answers_probes_and_tells_details() {
    let steeple = shop()
        .health(|health| health.check("database", up))
        .health(|health| health.check("ads", Check::new(down).degrading()))
        .build()
        .unwrap();
    let address = steeple.ops_addr().unwrap();
    for path in ["/livez", "/readyz", "/startupz"] {
        let (head, body) = ask(address, "GET", path, "");
        assert!(head.starts_with("http/1.1 200"), "{head}");
        assert_eq!(body, "ok\n");
        let (head, body) = ask(address, "HEAD", path, "");
        assert!(head.starts_with("http/1.1 200"), "{head}");
        assert_eq!(body, "");
    }
    let (head, body) = ask(address, "GET", "/health", "");
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(
        head.contains("content-type: application/json\r\n"),
        "{head}"
    );
    let told: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(told["status"], "degraded");
    assert_eq!(told["checks"]["database"]["status"], "up");
    assert_eq!(told["checks"]["ads"]["status"], "down");
    assert!(!body.contains("ada"), "{body}");

    let metrics = steeple.registry().render();
    for series in [
        "steeple_health_check_up{check=\"database\"} 1",
        "steeple_health_check_up{check=\"ads\"} 0",
        "steeple_health_ready 1",
    ] {
        assert!(metrics.contains(series), "{metrics}");
    }

    steeple.health().unwrap().begin_drain();
    let (head, body) = ask(address, "GET", "/readyz", "");
    assert!(head.starts_with("http/1.1 503"), "{head}");
    assert_eq!(body, "unavailable\n");
    assert!(
        ask(address, "HEAD", "/readyz", "")
            .0
            .starts_with("http/1.1 503")
    );
    assert!(
        ask(address, "GET", "/livez", "")
            .0
            .starts_with("http/1.1 200")
    );
}

#[test]
fn what_a_check_says_is_for_those_with_the_token() {
    let steeple = shop()
        .ops(|ops| ops.token(TOKEN))
        .health(|health| health.check("database", down))
        .build()
        .unwrap();
    let address = steeple.ops_addr().unwrap();
    assert!(
        ask(address, "GET", "/health", "")
            .0
            .starts_with("http/1.1 401")
    );
    let authorized =
        format!("authorization: Bearer {TOKEN}\r\naccept: application/health+json\r\n");
    let (head, body) = ask(address, "GET", "/health", &authorized);
    assert!(head.starts_with("http/1.1 503"), "{head}");
    assert!(
        head.contains("content-type: application/health+json\r\n"),
        "{head}"
    );
    assert!(body.contains("no password for ada"), "{body}");
}

#[test]
fn a_recorder_of_the_application_s_own_gets_the_metrics_of_checks() {
    let own = Registry::new();
    let recorder = Arc::new(own.clone());
    let steeple = shop()
        .without_ops()
        .health(|health| health.check("database", up).recorder(recorder))
        .build()
        .unwrap();
    assert_eq!(probe(&steeple, "/readyz"), 200);
    let metrics = own.render();
    let up = "steeple_health_check_up{check=\"database\"} 1";
    assert!(metrics.contains(up), "{metrics}");
    let metrics = steeple.registry().render();
    assert!(!metrics.contains("steeple_health"), "{metrics}");
}

#[test]
fn without_health_nothing_is_checked_and_all_is_well() {
    let steeple = shop().build().unwrap();
    assert!(steeple.health().is_none());
    let address = steeple.ops_addr().unwrap();
    assert!(
        ask(address, "GET", "/livez", "")
            .0
            .starts_with("http/1.1 200")
    );
    assert!(
        ask(address, "GET", "/readyz", "")
            .0
            .starts_with("http/1.1 404")
    );
    assert_eq!(probe(&steeple, "/readyz"), 200);
    let metrics = steeple.registry().render();
    assert!(!metrics.contains("steeple_health"), "{metrics}");
}

#[test]
fn a_service_that_is_shut_down_is_not_ready_any_more() {
    let steeple = shop().health(|health| health).build().unwrap();
    let health: Health = steeple.health().unwrap().clone();
    assert!(block_on(health.is_ready()));
    block_on(steeple.shutdown(Duration::from_secs(10))).unwrap();
    assert!(health.is_draining() && !block_on(health.is_ready()));
}

#[cfg(feature = "otlp")]
#[test]
fn while_all_is_delivered_at_the_end_the_ops_listener_answers() {
    let (collector, gate) = crate::collector::Collector::gated();
    let url = collector.url();
    let steeple = shop()
        .health(|health| health)
        .otlp(|otlp| otlp.endpoint(url))
        .build()
        .unwrap();
    let address = steeple.ops_addr().unwrap();
    let status = |path| ask(address, "GET", path, "").0[9..12].to_owned();
    assert_eq!(status("/readyz"), "200");
    steeple.observe("job", "nightly").run(|| ());
    let end = std::thread::spawn(move || block_on(steeple.shutdown(Duration::from_secs(60))));
    while status("/readyz") == "200" {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(status("/metrics"), "200");
    assert!(!end.is_finished());
    drop(gate);
    end.join().unwrap().unwrap();
    assert!(!collector.spans().is_empty());
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_check_that_is_configured_wrongly_is_named() {
    let error = shop()
        .health(|health| health.check("a", up).check("a", up))
        .build()
        .unwrap_err();
    assert!(matches!(error, BuildError::Health(_)), "{error}");
    assert!(error.to_string().contains("`a`"), "{error}");
}

#[test]
fn where_nothing_is_observed_probes_are_answered_as_ever() {
    for variable in [
        ("OTEL_SDK_DISABLED", "true"),
        // It cannot be built so.
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "http"),
    ] {
        let Some(ended) = process::run(&[variable], || {
            static IS_UP: AtomicBool = AtomicBool::new(true);
            let check = || async { IS_UP.load(SeqCst).then_some(()).ok_or("down") };
            let check = Check::new(check).cache(Duration::ZERO);
            let steeple = Steeple::builder("shop")
                .health(|health| health.check("database", check))
                .build_or_disabled();
            assert_eq!(steeple.ops_addr(), None);
            assert_eq!(probe(&steeple, "/readyz"), 200);
            IS_UP.store(false, SeqCst);
            assert_eq!(probe(&steeple, "/readyz"), 503);
            assert_eq!(probe(&steeple, "/livez"), 200);
            assert!(!steeple.registry().render().contains("steeple_health"));
        }) else {
            return;
        };
        assert!(ended.success, "{}", ended.said);
    }
}
