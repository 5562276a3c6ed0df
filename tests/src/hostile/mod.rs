//! Clients that mean harm, or merely leave: raw sockets, no HTTP library that would tidy them up.
//!
//! Everything is seeded, so that a failing run can be repeated, and bounded in count.

mod aborts;
mod answers;
mod forged_traces;
mod http2;
mod labels;
mod panics;
mod pipelined;
mod stream_aborts;

use std::{
    io::{self, Write},
    net::{SocketAddr, TcpStream},
    thread,
    time::Duration,
};

use answers::Answers;

pub use aborts::{AbortPhase, Aborts};
pub use forged_traces::{ForgedIds, ForgedTraces};
pub use labels::LabelAttack;
pub use panics::{PanickingRequests, PanicsSeen};
pub use pipelined::pipelined;
pub use stream_aborts::{StreamAborts, StreamsAborted};

/// Splits `count` over `connections` threads, each with its number and its share of the work.
fn in_parallel<T: Send>(
    count: u64,
    connections: u64,
    work: impl Fn(u64, u64) -> io::Result<T> + Sync,
) -> io::Result<Vec<T>> {
    let share = |thread| count / connections + u64::from(thread < count % connections);
    thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = (0..connections)
            .map(|thread| scope.spawn(move || work(thread, share(thread))))
            .collect();
        threads
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect()
    })
}

/// One ordinary request, for contrast: returns the status of its answer.
///
/// # Errors
///
/// When the server cannot be reached or answers with anything but HTTP.
pub fn visit(address: SocketAddr, path: &str) -> io::Result<u16> {
    let mut stream = connect(address)?;
    stream.write_all(get(address, path).as_bytes())?;
    Answers::new(&stream).next()
}

/// Opens a connection whose reads fail after 30 s, so that a server that goes silent fails its test.
fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    Ok(stream)
}

fn get(address: SocketAddr, path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n")
}
