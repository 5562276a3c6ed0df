use std::error::Error;

use bytes::Bytes;
use steeple_client::{
    GrpcClient,
    protobuf::{Content, Fields},
};

use super::{
    asked::{cause, client},
    target::TargetError,
};
use crate::Check;

const PATH: &str = "/grpc.health.v1.Health/Check";
/// The key of the field `service` of the request.
const SERVICE: u8 = 1 << 3 | 2;
/// The number of the field `status` of the response.
const STATUS: u32 = 1;
const SERVING: u64 = 1;

/// That the server at `url` says of `service`, or of itself where that is empty, that it is `SERVING`, by the
/// [health checking protocol](https://github.com/grpc/grpc/blob/master/doc/health-checking.md) of gRPC. Nothing observes the
/// call.
///
/// # Errors
///
/// [`TargetError`] if that cannot be asked.
pub fn grpc(url: &str, service: &str) -> Result<Check, TargetError> {
    let client = client(url)?.build_grpc()?;
    let request = request(service);
    Ok(Check::asking(move || {
        serves(client.clone(), request.clone())
    }))
}

async fn serves(client: GrpcClient, request: Bytes) -> Result<(), Box<dyn Error + Send + Sync>> {
    let answer = client.unary(PATH, request).await.map_err(cause)?;
    let status = Fields::of(&answer).find_map(|field| match field {
        (STATUS, Content::Varint(status)) => Some(status),
        _ => None,
    });
    match status.unwrap_or(0) {
        SERVING => Ok(()),
        status => Err(format!("the status is {status}, not {SERVING} for SERVING").into()),
    }
}

fn request(service: &str) -> Bytes {
    let mut message = Vec::new();
    if !service.is_empty() {
        message.push(SERVICE);
        let mut length = service.len();
        while length >= 0x80 {
            message.push(length as u8 | 0x80);
            length >>= 7;
        }
        message.push(length as u8);
        message.extend_from_slice(service.as_bytes());
    }
    message.into()
}
