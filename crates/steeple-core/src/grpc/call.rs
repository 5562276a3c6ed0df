//! A gRPC call as records tell it.

use crate::{
    grpc::GrpcStatus,
    route::{Route, Routes},
};

/// A gRPC call, in the words of the
/// [conventions for RPC](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/rpc/grpc.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RpcCall<'a> {
    /// `package.Service/Method`; `_OTHER` as long as it is not known that there is such a method.
    pub method: &'a str,
    /// How it ended. A client that goes away ends it as cancelled, or as past the deadline if it was.
    pub status: GrpcStatus,
}

/// Which method was called, as far as it is known to exist, and how that ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) method: Route,
    pub(crate) status: GrpcStatus,
}

impl Call {
    /// What it is called by.
    pub(crate) fn named(self, routes: &Routes) -> RpcCall<'_> {
        RpcCall {
            method: routes.method(self.method),
            status: self.status,
        }
    }

    /// A number of 24 bits, other than 0.
    #[inline]
    pub(crate) fn code(self) -> u32 {
        // Method 16 bits, status 8.
        u32::from(self.method.0) << 8 | (self.status as u32 + 1)
    }
}
