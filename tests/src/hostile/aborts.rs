//! Clients that are gone before their answer is.

use std::{
    io::{self, Write},
    net::SocketAddr,
    thread,
    time::Duration,
};

use socket2::SockRef;

use super::{answers::Answers, connect, get, in_parallel};

/// Where in a request the client goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AbortPhase {
    /// Within its own request head: the server never gets to see a request.
    InRequestHead,
    /// While the server is still at work and has sent nothing.
    BeforeHead,
    /// Within the body of the answer.
    InBody,
}

/// Connections that end in a reset (`SO_LINGER` 0), each after one request.
#[derive(Debug, Clone, Copy)]
pub struct Aborts<'a> {
    /// How many connections.
    pub count: u64,
    /// How many at the same time.
    pub connections: u64,
    /// A path whose answer never comes.
    pub pending: &'a str,
    /// A path whose answer's body never ends.
    pub endless: &'a str,
    /// The phases to draw from.
    pub phases: &'a [AbortPhase],
    /// The client waits a random part of this before it goes.
    pub patience: Duration,
}

impl Aborts<'_> {
    /// Makes the connections and returns the phase in which each was reset.
    ///
    /// # Errors
    ///
    /// When the server cannot be reached, or closes a connection before its client does.
    ///
    /// # Panics
    ///
    /// When there is no phase to draw from.
    pub fn run(&self, address: SocketAddr) -> io::Result<Vec<AbortPhase>> {
        let phases = in_parallel(self.count, self.connections, |thread, count| {
            let mut random = fastrand::Rng::with_seed(thread);
            let abort = |_| {
                let phase = self.phases[random.usize(..self.phases.len())];
                let patience = self.patience.mul_f64(random.f64());
                self.abort(address, phase, patience).map(|()| phase)
            };
            (0..count).map(abort).collect::<io::Result<Vec<_>>>()
        })?;
        Ok(phases.concat())
    }

    fn abort(&self, address: SocketAddr, phase: AbortPhase, patience: Duration) -> io::Result<()> {
        let mut stream = connect(address)?;
        SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
        stream.set_nodelay(true)?;
        let request = match phase {
            AbortPhase::InRequestHead => format!("GET {} HTTP/1.1\r\nHo", self.pending),
            AbortPhase::BeforeHead => get(address, self.pending),
            AbortPhase::InBody => get(address, self.endless),
        };
        stream.write_all(request.as_bytes())?;
        if phase == AbortPhase::InBody {
            Answers::new(&stream).body_begins()?;
        }
        thread::sleep(patience);
        Ok(())
    }
}
