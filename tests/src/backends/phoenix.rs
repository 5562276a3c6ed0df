//! A backend that stores traces.

use std::time::Duration;

use serde_json::Value;

use super::{
    BackendError, OtlpAddresses, Server, free_address, http::request, program::could_not_run,
};

const PROGRAM: &str = "phoenix";
const START: Duration = Duration::from_secs(120);

/// An [Arize Phoenix](https://arize.com/docs/phoenix), which stores spans; it takes a quarter of a minute to start.
///
/// Its port for gRPC is open on every address: it cannot be told otherwise.
#[derive(Debug)]
pub struct Phoenix {
    /// Where it takes spans; its API is where it takes them over HTTP.
    pub otlp: OtlpAddresses,
    _server: Server,
}

impl Phoenix {
    /// Starts one, which stores what it is sent in a directory of its own.
    ///
    /// # Errors
    ///
    /// When it is not here or does not start.
    pub fn start() -> Result<Self, BackendError> {
        let grpc = free_address().map_err(|source| could_not_run(PROGRAM, source))?;
        let (server, http) =
            Server::listen(PROGRAM, START, "/healthz", |command, directory, http| {
                command
                    .arg("serve")
                    .env("PHOENIX_HOST", http.ip().to_string())
                    .env("PHOENIX_PORT", http.port().to_string())
                    .env("PHOENIX_GRPC_PORT", grpc.port().to_string())
                    .env("PHOENIX_WORKING_DIR", directory.join("data"))
                    .env("PHOENIX_TELEMETRY_ENABLED", "false")
                    .env("PHOENIX_ALLOW_EXTERNAL_RESOURCES", "false")
                    // It brings Python modules of its own.
                    .env_remove("PYTHONPATH");
                Ok(())
            })?;
        Ok(Self {
            otlp: OtlpAddresses { grpc, http },
            _server: server,
        })
    }

    /// The spans that it has of a trace, whose id is in hexadecimal, as its API tells them.
    ///
    /// # Errors
    ///
    /// When it does not answer, or with something else than spans.
    pub fn spans(&self, trace: &str) -> Result<Vec<Value>, BackendError> {
        let url = format!("http://{}/v1/projects/default/spans", self.otlp.http);
        let (_, body) = request(&url, &[("trace_id", trace)])?;
        let answer: Option<Value> = serde_json::from_str(&body).ok();
        answer
            .and_then(|mut answer| match answer["data"].take() {
                Value::Array(spans) => Some(spans),
                _ => None,
            })
            .ok_or(BackendError::Answer {
                question: url,
                answer: body,
            })
    }
}
