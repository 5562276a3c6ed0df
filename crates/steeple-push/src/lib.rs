//! Pushes metrics to a Pushgateway or by Prometheus remote write, for jobs that end before a scrape and for networks that
//! no scrape gets into.
//!
//! ```
//! use std::time::Duration;
//!
//! use steeple_metrics::Registry;
//! use steeple_push::PushGateway;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let registry = Registry::new();
//! registry.counter("mails.sent", &[("kind", "invoice")])?.increment(3);
//!
//! # let gateway = std::net::TcpListener::bind("127.0.0.1:0")?;
//! # let url = format!("http://{}", gateway.local_addr()?);
//! # let answer = std::thread::spawn(move || -> std::io::Result<()> {
//! #     use std::io::{Read, Write};
//! #     let mut stream = gateway.accept()?.0;
//! #     let mut request = [0; 4096];
//! #     let read = stream.read(&mut request)?;
//! #     assert!(request[..read].starts_with(b"PUT /metrics/job/nightly"));
//! #     stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
//! # });
//! # let url = url.as_str(); // "http://127.0.0.1:9091"
//! let gateway = PushGateway::builder(url).job("nightly").start(registry)?;
//! // ... the job ...
//! let report = gateway.shutdown_blocking(Duration::from_secs(5));
//! assert!(report.is_complete(), "{report:?}");
//! # answer.join().expect("the gateway")?;
//! # Ok(())
//! # }
//! ```
//!
//! | | [`PushGateway`] | [`RemoteWrite`] |
//! |---|---|---|
//! | for | jobs that run now and then, whose last values stay | services, and jobs whose values have a time |
//! | what is sent | text, to be scraped by Prometheus | protobuf, compressed by snappy, kept by the backend |
//! | when | at the end; at a flush; at an interval on request | every 15 s; at a flush; at the end |
//! | while the backend is away | the newest values wait | up to 8 MiB of values wait, and keep their time |
//!
//! # How it is sent
//!
//! Through a [pipeline](steeple_core::pipeline) of its own, on a thread of its own: requests of the service never wait, and
//! what does not arrive is counted. 5xx and 429, with their `Retry-After`, and no answer at all are tried again, for 5 minutes;
//! another answer that is no 2xx, a redirect included, drops what was sent. Nothing observes the client.
//!
//! | metric | |
//! |---|---|
//! | `steeple_pipeline_created_total{pipeline}` | pushes (`push_gateway`) or values of series (`remote_write`) |
//! | `steeple_pipeline_exported_total{pipeline}` | those that the backend has taken |
//! | `steeple_pipeline_dropped_total{pipeline,reason}` | those that were lost |
//! | `steeple_pipeline_queued_bytes{pipeline}` | memory of those that wait |
//!
//! They are in the registry that is pushed.
//!
//! # Features
//!
//! A feature alone changes no behaviour.
//!
//! | feature | what |
//! |---|---|
//! | `tls` | URLs of https, by rustls and code of Rust alone, on x86-64 and AArch64; whom the system trusts is trusted |

mod delivery;
mod error;
mod gateway;
mod handle;
mod label;
mod remote_write;
mod report;

pub use self::{
    error::PushError,
    gateway::{PushGateway, PushGatewayBuilder},
    remote_write::{RemoteWrite, RemoteWriteBuilder},
    report::PushReport,
};
pub use steeple_client::{ClientError, CredentialsError, Endpoint, EndpointError, TlsError};
pub use steeple_core::pipeline::{Accounting, DropReason, RetryPolicy};
