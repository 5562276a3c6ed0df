//! Requests that make the handler panic.

use std::{
    io::{self, Write},
    net::SocketAddr,
};

use super::{answers::Answers, connect, get, in_parallel};

/// Requests to a path whose handler panics, each on a connection of its own.
#[derive(Debug, Clone, Copy)]
pub struct PanickingRequests<'a> {
    /// How many.
    pub count: u64,
    /// How many at the same time.
    pub connections: u64,
    /// The path that panics.
    pub path: &'a str,
}

/// What the clients saw.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PanicsSeen {
    /// Answers with a 500.
    pub answered: u64,
    /// Connections closed without an answer.
    pub hung_up: u64,
}

impl PanickingRequests<'_> {
    /// Sends them, one after the other on each connection slot.
    ///
    /// # Errors
    ///
    /// When the server cannot be reached or answers with anything but HTTP and 500.
    pub fn run(&self, address: SocketAddr) -> io::Result<PanicsSeen> {
        let seen = in_parallel(self.count, self.connections, |_, count| {
            (0..count).try_fold(PanicsSeen::default(), |seen, _| self.one(address, seen))
        })?;
        Ok(seen
            .into_iter()
            .fold(PanicsSeen::default(), |all, one| PanicsSeen {
                answered: all.answered + one.answered,
                hung_up: all.hung_up + one.hung_up,
            }))
    }

    fn one(&self, address: SocketAddr, mut seen: PanicsSeen) -> io::Result<PanicsSeen> {
        let mut stream = connect(address)?;
        stream.write_all(get(address, self.path).as_bytes())?;
        match Answers::new(&stream).next() {
            Ok(500) => seen.answered += 1,
            Ok(status) => return Err(io::Error::other(format!("a panic was answered {status}"))),
            Err(error) if is_closed(&error) => seen.hung_up += 1,
            Err(error) => return Err(error),
        }
        Ok(seen)
    }
}

fn is_closed(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset
    )
}
