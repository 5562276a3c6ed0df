#[cfg(feature = "grpc")]
use steeple_client::GrpcClient;
use steeple_client::{
    Client,
    http::{HeaderValue, Method, header::CONTENT_TYPE},
};
use steeple_core::pipeline::ExportError;

use super::answer;
use crate::{Signal, json};

const PROTOBUF: HeaderValue = HeaderValue::from_static("application/x-protobuf");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// How requests get to the backend.
#[derive(Clone)]
pub(crate) enum Transport {
    HttpProtobuf(Client),
    HttpJson(Client),
    #[cfg(feature = "grpc")]
    Grpc(GrpcClient),
}

impl Transport {
    /// Sends an export request, and judges what is answered.
    pub(crate) async fn send(&self, signal: Signal, request: Vec<u8>) -> Result<(), ExportError> {
        match self {
            Self::HttpProtobuf(client) => {
                let headers = [(CONTENT_TYPE, PROTOBUF)];
                let answer = client.send(Method::POST, headers, request).await?;
                answer::protobuf(answer.body())
            }
            Self::HttpJson(client) => {
                let request = json::request(signal, &request).map_err(ExportError::permanent)?;
                let headers = [(CONTENT_TYPE, JSON)];
                let answer = client.send(Method::POST, headers, request).await?;
                answer::json(answer.body())
            }
            #[cfg(feature = "grpc")]
            Self::Grpc(client) => {
                let answer = client.unary(signal.grpc_path(), request).await?;
                answer::protobuf(&answer)
            }
        }
    }
}
