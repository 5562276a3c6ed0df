//! What spans of gRPC calls have on both sides.

use steeple_core::RpcCall;

use crate::{fields::span, value::push_text_attribute};

/// Writes the attributes of a call by the
/// [conventions](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/rpc/rpc-spans.md).
pub(crate) fn push_rpc(message: &mut Vec<u8>, call: RpcCall<'_>) {
    for (key, value) in [
        ("rpc.system.name", "grpc"),
        ("rpc.method", call.method),
        ("rpc.status_code", call.status.as_str()),
    ] {
        push_text_attribute(message, span::ATTRIBUTES, key, value);
    }
}
