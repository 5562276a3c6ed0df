//! Clients of HTTP/2 that are gone before their answers are.

use std::{collections::HashSet, io, net::SocketAddr, thread, time::Duration};

use super::{http2::Http2, in_parallel};

/// How many requests of a batch are taken back as soon as they are made: servers close connections that do it often.
const MOST_AT_ONCE: usize = 10;

/// Where in its request a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// As soon as it is made.
    AtOnce,
    /// While the server is still at work.
    BeforeHead,
    /// Within the body of the request.
    InRequestBody,
    /// Within the body of the answer.
    InBody,
}

/// Streams that end in a reset, their own or their connection's, each after one request.
#[derive(Debug, Clone, Copy)]
pub struct StreamAborts<'a> {
    /// How many streams.
    pub count: u64,
    /// How many connections at the same time.
    pub connections: u64,
    /// How many streams at the same time on each.
    pub streams: u64,
    /// A path whose answer never comes.
    pub pending: &'a str,
    /// A path whose answer's body never ends.
    pub endless: &'a str,
    /// A path that reads the body of the request to its end.
    pub upload: &'a str,
    /// A path with an ordinary answer.
    pub ordinary: &'a str,
    /// The client waits a random part of this before it goes.
    pub patience: Duration,
}

/// What [`StreamAborts`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StreamsAborted {
    /// Streams that ended within the body of their answer.
    pub in_body: u64,
    /// Requests that got their ordinary answer.
    pub answered: u64,
    /// Connections that were made, and reset with streams on them.
    pub connections: u64,
}

impl StreamAborts<'_> {
    /// Makes the streams, in batches that a connection often outlives.
    ///
    /// # Errors
    ///
    /// When the server cannot be reached, or closes a connection before its client does.
    pub fn run(&self, address: SocketAddr) -> io::Result<StreamsAborted> {
        let aborted = in_parallel(self.count, self.connections, |thread, count| {
            self.run_one_after_another(address, count, fastrand::Rng::with_seed(thread))
        })?;
        Ok(aborted
            .into_iter()
            .fold(StreamsAborted::default(), |sum, part| StreamsAborted {
                in_body: sum.in_body + part.in_body,
                answered: sum.answered + part.answered,
                connections: sum.connections + part.connections,
            }))
    }

    fn run_one_after_another(
        &self,
        address: SocketAddr,
        mut count: u64,
        mut random: fastrand::Rng,
    ) -> io::Result<StreamsAborted> {
        let mut aborted = StreamsAborted::default();
        let mut kept = None;
        while count > 0 {
            let mut connection = match kept.take() {
                Some(connection) => connection,
                None => Http2::connect(address)?,
            };
            let batch = count.min(self.streams);
            count -= batch;
            let (mut open, in_body) = self.open(&mut connection, batch, &mut random)?;
            aborted.in_body += in_body;
            aborted.answered += 1;
            thread::sleep(self.patience.mul_f64(random.f64()));
            if count > 0 && random.u8(..) < 192 {
                random.shuffle(&mut open);
                open.into_iter().for_each(|stream| connection.reset(stream));
                kept = Some(connection);
            } else {
                connection.half_a_head(self.pending);
                connection.abort()?;
                aborted.connections += 1;
            }
        }
        Ok(aborted)
    }

    /// Makes a batch of requests, and returns the streams that are under way and how many of them are in the body of their
    /// answer.
    fn open(
        &self,
        connection: &mut Http2,
        batch: u64,
        random: &mut fastrand::Rng,
    ) -> io::Result<(Vec<u32>, u64)> {
        let (mut open, mut awaited) = (Vec::new(), HashSet::new());
        let mut at_once = 0;
        for _ in 0..batch {
            let phases = [
                Phase::BeforeHead,
                Phase::InRequestBody,
                Phase::InBody,
                Phase::AtOnce,
            ];
            // Past the limit the last one is left out.
            let choice = phases.len() - usize::from(at_once == MOST_AT_ONCE);
            match phases[random.usize(..choice)] {
                Phase::AtOnce => {
                    let stream = connection.get(self.pending);
                    connection.reset(stream);
                    at_once += 1;
                }
                Phase::BeforeHead => open.push(connection.get(self.pending)),
                Phase::InRequestBody => open.push(connection.post(self.upload)),
                Phase::InBody => {
                    let stream = connection.get(self.endless);
                    open.push(stream);
                    awaited.insert(stream);
                }
            }
        }
        let in_body = awaited.len() as u64;
        // Requests arrive in their order: once the last is answered, all have.
        let ordinary = connection.get(self.ordinary);
        awaited.insert(ordinary);
        connection.flush()?;
        while !awaited.is_empty() {
            let frame = connection.next_frame()?;
            let answered = frame.stream == ordinary && frame.is_last;
            if answered || frame.stream != ordinary && frame.is_data {
                awaited.remove(&frame.stream);
            }
        }
        Ok((open, in_body))
    }
}
