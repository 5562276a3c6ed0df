//! [gRPC over HTTP/2](https://github.com/grpc/grpc/blob/v1.76.0/doc/PROTOCOL-HTTP2.md), as far as unary calls need it.

mod answer;
mod client;
mod message;
mod retry_info;
mod status;

pub(crate) use answer::CallError;
pub use client::GrpcClient;
