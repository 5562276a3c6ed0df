//! A collector between a sender and its backend.

use std::time::Duration;

use super::{BackendError, OtlpAddresses, Server, program::could_not_run};

const PROGRAM: &str = "rotel-agent";
const START: Duration = Duration::from_secs(30);

/// A [rotel](https://rotel.dev), an OpenTelemetry collector, that passes on what it is sent over OTLP.
#[derive(Debug)]
pub struct Rotel {
    /// Where it takes what it passes on.
    pub otlp: OtlpAddresses,
    _server: Server,
}

impl Rotel {
    /// Starts one that passes everything on to the OTLP/HTTP endpoint `url`, such as `http://127.0.0.1:4318`, within a
    /// tenth of a second.
    ///
    /// # Errors
    ///
    /// When it is not here or does not start.
    pub fn sending_to(url: &str) -> Result<Self, BackendError> {
        let otlp = OtlpAddresses::free().map_err(|source| could_not_run(PROGRAM, source))?;
        let server = Server::start(
            PROGRAM,
            START,
            |command, _| {
                command
                    .arg("start")
                    .args(["--otlp-grpc-endpoint", &otlp.grpc.to_string()])
                    .args(["--otlp-http-endpoint", &otlp.http.to_string()])
                    .args(["--exporter", "otlp", "--otlp-exporter-endpoint", url])
                    .args(["--otlp-exporter-protocol", "http"])
                    .args(["--batch-timeout", "100ms"]);
                Ok(())
            },
            || otlp.open() == 2,
        )?;
        Ok(Self {
            otlp,
            _server: server,
        })
    }
}
