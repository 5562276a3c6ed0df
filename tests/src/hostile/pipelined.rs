//! Many requests over few connections.

use std::{
    io::{self, Write},
    net::SocketAddr,
};

use fastrand::Rng;

use super::{answers::Answers, connect, in_parallel};

const PIPELINED: u64 = 32;

/// Sends as many `requests` as `write` makes of random numbers, pipelined over keep-alive connections, and returns how many
/// were answered.
///
/// # Errors
///
/// When the server cannot be reached, closes a connection or answers with anything but HTTP.
pub fn pipelined(
    address: SocketAddr,
    requests: u64,
    connections: u64,
    write: impl Fn(&mut String, &mut Rng) + Sync,
) -> io::Result<u64> {
    let answered = in_parallel(requests, connections, |seed, requests| {
        let mut random = Rng::with_seed(seed);
        let mut stream = connect(address)?;
        stream.set_nodelay(true)?;
        let connection = stream.try_clone()?;
        let mut answers = Answers::new(&connection);
        let mut sent = 0;
        let mut batch = String::new();
        while sent < requests {
            let size = PIPELINED.min(requests - sent);
            batch.clear();
            for _ in 0..size {
                write(&mut batch, &mut random);
            }
            stream.write_all(batch.as_bytes())?;
            for _ in 0..size {
                answers.next()?;
            }
            sent += size;
        }
        Ok(sent)
    })?;
    Ok(answered.into_iter().sum())
}
