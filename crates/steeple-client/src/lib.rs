//! The HTTP client that steeple's [pipelines](steeple_core::pipeline) send with: private, so that nothing observes it and no
//! telemetry comes of sending telemetry, and judging answers as exporters need them judged.
//!
//! ```
//! use steeple_client::{
//!     Client, Endpoint,
//!     http::{HeaderValue, Method, header::CONTENT_TYPE},
//! };
//! use steeple_core::pipeline::ExportError;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let endpoint: Endpoint = "http://ada:secret@127.0.0.1:4318".parse()?;
//! let client = Client::new(endpoint.append_path("/v1/traces")?)?;
//!
//! async fn export(client: &Client, spans: Vec<u8>) -> Result<(), ExportError> {
//!     let protobuf = HeaderValue::from_static("application/x-protobuf");
//!     let answer = client.send(Method::POST, [(CONTENT_TYPE, protobuf)], spans).await?;
//!     assert!(answer.status().is_success());
//!     Ok(())
//! }
//! # let _ = export;
//! # Ok(())
//! # }
//! ```
//!
//! # What is judged, and what is bounded
//!
//! - 5xx and 429, or what [`ClientBuilder::tried_again`] says, and no answer at all may be tried again, after the pause that a
//!   [`Retry-After`](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3) asks for; every other answer that is no 2xx is final.
//!   Redirects are such: they are not followed.
//! - What gRPC's status says of a call is judged as OTLP has it: see `GrpcClient::unary`.
//! - Of the body of an answer at most [`LARGEST_ANSWER`] bytes are read, or what [`ClientBuilder::largest_answer`] says; by HTTP, where the status comes before it, for at most
//!   2 s.
//! - How long an attempt may take in all is the pipeline's to say, as is whether it is repeated.
//!
//! # Features
//!
//! A feature alone changes no behaviour.
//!
//! | feature | what |
//! |---|---|
//! | `grpc` | [`GrpcClient`], unary calls by gRPC; with `gzip` |
//! | `gzip` | [`Compression::Gzip`] |
//! | `tls` | URLs of https, by rustls and code of Rust alone, on x86-64 and AArch64; whom the system trusts is trusted, or whom [`Tls`] names |

mod answer;
mod authorization;
mod body;
mod builder;
mod client;
mod compression;
mod connections;
mod endpoint;
mod error;
mod failure;
#[cfg(feature = "grpc")]
mod grpc;
#[doc(hidden)]
pub mod protobuf;
#[cfg(feature = "tls")]
mod tls;
mod transport;

pub use self::{
    answer::retry_after,
    authorization::{Authorization, CredentialsError},
    body::LARGEST_ANSWER,
    builder::ClientBuilder,
    client::Client,
    compression::Compression,
    endpoint::{Endpoint, EndpointError},
    error::{ClientError, TlsError},
    failure::Failure,
};
#[cfg(feature = "grpc")]
pub use grpc::GrpcClient;
pub use http;
#[cfg(feature = "tls")]
pub use tls::Tls;
