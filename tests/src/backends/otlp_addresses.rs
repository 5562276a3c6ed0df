use std::{
    io,
    net::{SocketAddr, TcpStream},
};

use super::free_address;

/// Where a server takes OTLP.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct OtlpAddresses {
    /// Over gRPC.
    pub grpc: SocketAddr,
    /// Over HTTP.
    pub http: SocketAddr,
}

impl OtlpAddresses {
    pub(super) fn free() -> io::Result<Self> {
        Ok(Self {
            grpc: free_address()?,
            http: free_address()?,
        })
    }

    /// At how many of them somebody listens.
    #[must_use]
    pub fn open(self) -> usize {
        let both = [self.grpc, self.http].into_iter();
        both.filter(|address| TcpStream::connect(address).is_ok())
            .count()
    }
}
