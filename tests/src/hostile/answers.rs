//! Counting the answers on a keep-alive connection.

use std::{
    io::{self, Read},
    net::TcpStream,
};

/// The answers that arrive on one connection.
#[derive(Debug)]
pub(super) struct Answers<'a> {
    stream: &'a TcpStream,
    buffer: Vec<u8>,
}

impl<'a> Answers<'a> {
    pub(super) fn new(stream: &'a TcpStream) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
        }
    }

    /// Reads the next answer to its end and returns its status.
    pub(super) fn next(&mut self) -> io::Result<u16> {
        loop {
            if let Some((status, length)) = self.complete()? {
                self.buffer.drain(..length);
                return Ok(status);
            }
            self.fill()?;
        }
    }

    /// Waits for the first byte behind an answer's head.
    pub(super) fn body_begins(&mut self) -> io::Result<()> {
        while self.head().is_none_or(|head| head == self.buffer.len()) {
            self.fill()?;
        }
        Ok(())
    }

    /// The length of the first answer's head, once all of it is there.
    fn head(&self) -> Option<usize> {
        self.buffer
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .map(|end| end + 4)
    }

    /// The status and length of the first answer, once all of it is there.
    fn complete(&self) -> io::Result<Option<(u16, usize)>> {
        let Some(head) = self.head() else {
            return Ok(None);
        };
        let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
        let text = std::str::from_utf8(&self.buffer[..head])
            .map_err(|_| invalid("an answer's head is not text"))?;
        let status = text
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .ok_or_else(|| invalid("an answer has no status"))?;
        let body: usize = text
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .and_then(|(_, value)| value.trim().parse().ok())
            .ok_or_else(|| invalid("an answer has no content-length"))?;
        let length = head + body;
        Ok((self.buffer.len() >= length).then_some((status, length)))
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut chunk = [0; 16 * 1024];
        let read = self.stream.read(&mut chunk)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.buffer.extend_from_slice(&chunk[..read]);
        Ok(())
    }
}
