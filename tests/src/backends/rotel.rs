//! A collector between a sender and its backend.

use std::{
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use super::{BackendError, Server, free_address, program::could_not_run};

const PROGRAM: &str = "rotel-agent";
const START: Duration = Duration::from_secs(30);

/// A [rotel](https://rotel.dev), an OpenTelemetry collector, that passes on what it is sent over OTLP.
#[derive(Debug)]
pub struct Rotel {
    grpc: SocketAddr,
    http: SocketAddr,
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
        let address = || free_address().map_err(|source| could_not_run(PROGRAM, source));
        let (grpc, http) = (address()?, address()?);
        let server = Server::start(
            PROGRAM,
            START,
            |command, _| {
                command
                    .arg("start")
                    .args(["--otlp-grpc-endpoint", &grpc.to_string()])
                    .args(["--otlp-http-endpoint", &http.to_string()])
                    .args(["--exporter", "otlp", "--otlp-exporter-endpoint", url])
                    .args(["--otlp-exporter-protocol", "http"])
                    .args(["--batch-timeout", "100ms"]);
                Ok(())
            },
            || {
                [grpc, http]
                    .map(TcpStream::connect)
                    .iter()
                    .all(Result::is_ok)
            },
        )?;
        Ok(Self {
            grpc,
            http,
            _server: server,
        })
    }

    /// Where it takes OTLP over gRPC.
    #[must_use]
    pub fn grpc(&self) -> SocketAddr {
        self.grpc
    }

    /// Where it takes OTLP over HTTP.
    #[must_use]
    pub fn http(&self) -> SocketAddr {
        self.http
    }
}
