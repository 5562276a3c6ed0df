//! gRPC: which methods are called, how their calls end, and how long callers wait.

mod call;
mod method;
mod status;
mod timeout;

pub(crate) use self::{
    call::Call,
    method::{Shown, is_method},
    timeout::Timeout,
};
pub use self::{call::RpcCall, status::GrpcStatus};
