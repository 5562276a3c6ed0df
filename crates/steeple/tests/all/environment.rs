//! What the operator says through environment variables.

use std::net::{Ipv4Addr, TcpListener};

use steeple::Steeple;

use crate::{
    mounted,
    process::{self, chain},
    service,
};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const SECRET: &str = "tooshort-secret";

/// Builds in a process of its own and gives what that said, an error with its causes included.
macro_rules! build_with {
    ($environment:expr) => {
        process::run($environment, || match Steeple::builder("shop").build() {
            Ok(steeple) => eprintln!("built {:?}", steeple.ops_addr()),
            Err(error) => eprintln!("refused: {}\n{error:?}", chain(&error)),
        })
    };
}

#[test]
fn a_bad_value_is_refused_with_its_key_and_what_is_accepted() {
    let long = "x".repeat(256);
    let cases: [(&str, &str, &[&str]); 15] = [
        (
            "OTEL_SERVICE_NAME",
            " ",
            &[r#"" ""#, "a name of at most 255 bytes"],
        ),
        (
            "OTEL_SERVICE_NAME",
            "a\u{7}b",
            &[r#""a\u{7}b""#, "without control characters"],
        ),
        (
            "OTEL_SERVICE_NAME",
            " shop",
            &[r#"" shop""#, "outer white space"],
        ),
        ("OTEL_SERVICE_NAME", &long, &["at most 255 bytes"]),
        (
            "OTEL_EXPORTER_PROMETHEUS_PORT",
            "65536",
            &[r#""65536""#, "a port from 0 to 65535"],
        ),
        (
            "OTEL_EXPORTER_PROMETHEUS_PORT",
            "-1",
            &[r#""-1""#, "a port from 0 to 65535"],
        ),
        (
            "OTEL_EXPORTER_PROMETHEUS_PORT",
            "http",
            &[r#""http""#, "such as 9464"],
        ),
        (
            "OTEL_EXPORTER_PROMETHEUS_HOST",
            "ops.example",
            &[r#""ops.example""#, "an IP address"],
        ),
        (
            "OTEL_EXPORTER_PROMETHEUS_HOST",
            "0.0.0.0",
            &["0.0.0.0:9464", "STEEPLE_OPS_TOKEN", "set one"],
        ),
        (
            "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS",
            "GET,,POST",
            &[r#""GET,,POST""#, "such as `GET,POST`"],
        ),
        (
            "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS",
            "GET POST",
            &[r#""GET POST""#, "separated by commas"],
        ),
        (
            "STEEPLE_METRIC_NAMES",
            "prometheus",
            &[r#""prometheus""#, "`axum-prometheus`", "`classic`"],
        ),
        (
            "STEEPLE_METRIC_NAMES",
            "actix-web-prom:a-b",
            &[r#""actix-web-prom:a-b""#, "a namespace of letters"],
        ),
        ("STEEPLE_OPS_TOKEN", SECRET, &["32 hex"]),
        (
            "STEEPLE_OPS_TOKEN",
            "tooshort-secret with spaces",
            &["use letters, digits"],
        ),
    ];
    for (key, value, expected) in cases {
        let Some(ended) = build_with!(&[(key, value)]) else {
            return;
        };
        let said = ended.said;
        assert!(
            ended.success && said.contains("refused: "),
            "{key}={value}: {said}"
        );
        for part in expected.iter().chain([&key]) {
            assert!(said.contains(part), "{key}={value}: no {part} in {said}");
        }
        assert!(!said.contains(SECRET), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn a_value_that_is_no_text_is_refused_unseen() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

    let value = OsStr::from_bytes(b"secret\xff");
    let Some(ended) = build_with!(&[("STEEPLE_OPS_TOKEN", value)]) else {
        return;
    };
    assert!(
        ended.said.contains("STEEPLE_OPS_TOKEN is not UTF-8"),
        "{}",
        ended.said
    );
    assert!(!ended.said.contains("secret"), "{}", ended.said);
}

#[test]
fn a_boolean_that_is_neither_is_false_with_a_warning() {
    let Some(ended) = build_with!(&[
        ("OTEL_SDK_DISABLED", "yes"),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "0")
    ]) else {
        return;
    };
    assert!(
        ended.said.contains("built Some(127.0.0.1:"),
        "{}",
        ended.said
    );
    assert!(
        ended.said.contains("WARN")
            && ended
                .said
                .contains(r#"key="OTEL_SDK_DISABLED" value="yes""#),
        "{}",
        ended.said
    );
}

#[test]
fn the_operator_has_the_last_word() {
    let environment = [
        ("OTEL_SERVICE_NAME", "kiosk"),
        ("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", "GET"),
        ("OTEL_EXPORTER_PROMETHEUS_HOST", "localhost"),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "0"),
        ("STEEPLE_METRIC_NAMES", "semantic-conventions,classic"),
        ("STEEPLE_LINT", "true"),
        ("STEEPLE_OPS_TOKEN", TOKEN),
    ];
    let Some(ended) = process::run(&environment, || {
        // None of this could start.
        let steeple = Steeple::builder("")
            .observer(|observer| observer.known_methods(["BREW"]).metric_names([]))
            .ops(|ops| ops.address(([192, 0, 2, 1], 9).into()).token("weak"))
            .build()
            .unwrap();
        service::serve(steeple.observer(), || {});
        let text = steeple.registry().render();
        assert!(
            text.contains(r#"target_info{service_name="kiosk"} 1"#),
            "{text}"
        );
        assert!(text.contains(r#"http_request_method="GET""#), "{text}");
        assert!(text.contains("http_requests_total{"), "{text}");
        assert!(steeple.ops_addr().unwrap().ip().is_loopback());
        metrics::counter!("orders").increment(1);
        drop(steeple.registry().render());
        let mounted = steeple.ops_service(|ops| ops.token("weak")).unwrap();
        assert_eq!(mounted::livez(&mounted, TOKEN), 200);
        assert!(!format!("{steeple:?}").contains(TOKEN));
    }) else {
        return;
    };
    assert!(ended.success, "{}", ended.said);
}

#[test]
fn switched_off_it_observes_nothing_and_serves() {
    let environment = [("OTEL_SDK_DISABLED", "true"), ("STEEPLE_OPS_TOKEN", TOKEN)];
    let Some(ended) = process::run(&environment, || {
        let steeple = Steeple::builder("shop").build().unwrap();
        assert_eq!(steeple.ops_addr(), None);
        let mut served = false;
        service::serve(steeple.observer(), || served = true);
        service::serve(steeple.observer(), || panic!("kept from the server"));
        steeple::observe("job", "unobserved").run(|| {});
        assert!(served);
        assert!(!steeple.registry().render().contains("http_server"));
        assert!(
            metrics::set_global_recorder(steeple.registry().clone()).is_ok(),
            "no recorder was installed"
        );
        let mounted = steeple.ops_service(|ops| ops).unwrap();
        assert_eq!(mounted::livez(&mounted, TOKEN), 200);
        assert_eq!(mounted::livez(&mounted, "wrong"), 401);
    }) else {
        return;
    };
    assert!(ended.success, "{}", ended.said);
    assert!(
        ended.said.contains("OTEL_SDK_DISABLED is true"),
        "{}",
        ended.said
    );
}

#[test]
fn a_configured_port_that_is_taken_is_an_error() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let Some(ended) = build_with!(&[("OTEL_EXPORTER_PROMETHEUS_PORT", port.as_str())]) else {
        return;
    };
    for part in [
        "refused: ",
        "OTEL_EXPORTER_PROMETHEUS_PORT",
        &format!("127.0.0.1:{port} is already in use"),
        "configure another",
    ] {
        assert!(ended.said.contains(part), "no {part} in {}", ended.said);
    }
}

#[test]
fn the_default_port_taken_is_another_port_and_a_warning() {
    // Whoever has it, it is taken.
    let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 9464));
    let Some(ended) = build_with!(&[("", ""); 0]) else {
        return;
    };
    assert!(
        ended.said.contains("built Some(127.0.0.1:")
            && !ended.said.contains("built Some(127.0.0.1:9464)"),
        "{}",
        ended.said
    );
    assert!(
        ended.said.contains("WARN") && ended.said.contains("the default ops address is in use"),
        "{}",
        ended.said
    );
}
