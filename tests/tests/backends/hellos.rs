//! The least that observes a service, as the examples show it.

use std::{net::TcpStream, time::Duration};

use steeple_tests::backends::{Server, free_address, get};

const HELLO: &str = "127.0.0.1:3000";
/// Long enough for a cold build on a small machine.
const START: Duration = Duration::from_secs(600);

#[test]
#[ignore = "builds the examples: cargo xtask test"]
fn each_hello_answers_and_counts_it() {
    for example in ["axum-hello", "actix-hello", "tower-hello"] {
        let ops = free_address().unwrap();
        let _hello = Server::start(
            env!("CARGO"),
            START,
            |command, _| {
                command
                    .args(["run", "--quiet", "--package", example])
                    .env("OTEL_EXPORTER_PROMETHEUS_PORT", ops.port().to_string())
                    .current_dir(env!("CARGO_MANIFEST_DIR"));
                Ok(())
            },
            || {
                let listens = TcpStream::connect(HELLO).is_ok();
                listens && get(&format!("http://{ops}/livez")).is_ok()
            },
        )
        .unwrap();
        let greeting = get(&format!("http://{HELLO}/greet/you")).unwrap();
        assert_eq!(greeting, "hello you\n", "{example}");
        let metrics = get(&format!("http://{ops}/metrics")).unwrap();
        let counted = r#"http_server_requests_total{http_request_method="GET",http_response_status_code="200",http_route="/greet/{name}",outcome="success"} 1"#;
        assert!(metrics.contains(counted), "{example}: {metrics}");
    }
}
