//! Forged traces: what a caller says of a trace, made up.

use std::{fmt::Write, io, net::SocketAddr};

use super::pipelined;

/// Requests that claim to be in traces which their caller records, or does not.
#[derive(Clone, Copy, Debug)]
pub struct ForgedTraces {
    /// How many requests.
    pub requests: u64,
    /// What they ask for.
    pub path: &'static str,
    /// What they say of the trace, in the flag `sampled`.
    pub sampled: bool,
    /// The random part of the traces' ids.
    pub ids: ForgedIds,
}

/// Samplers that decide on ids record those whose random part, the last 14 digits, is a low number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForgedIds {
    /// As it should be.
    Random,
    /// 1, so that each is recorded.
    Lowest,
    /// The highest number, so that none is recorded.
    Highest,
}

impl ForgedTraces {
    /// Sends them over 32 connections and returns how many were answered.
    ///
    /// # Errors
    ///
    /// When the server cannot be reached, closes a connection or answers with anything but HTTP.
    pub fn run(&self, address: SocketAddr) -> io::Result<u64> {
        pipelined(address, self.requests, 32, |batch, random| {
            let number = match self.ids {
                ForgedIds::Random => random.u64(..),
                ForgedIds::Lowest => 1,
                ForgedIds::Highest => u64::MAX,
            };
            // Both halves are no 0, which is no id.
            let (begin, span) = (random.u64(1..), random.u64(1..));
            let (path, sampled) = (self.path, u8::from(self.sampled));
            // Writing into a String does not fail.
            let _ = write!(
                batch,
                "GET {path} HTTP/1.1\r\nHost: {address}\r\n\
                 traceparent: 00-{begin:016x}{number:016x}-{span:016x}-0{sampled}\r\n\r\n"
            );
        })
    }
}
