use std::{
    io::{self, Read, Write as _},
    net::TcpStream,
    thread,
    time::Duration,
};

use socket2::SockRef;

/// What becomes of a request.
#[derive(Clone, Debug)]
pub enum Answer {
    /// This status, with further lines of the head.
    Status(u16, &'static str),
    /// Success, with this body.
    Body(Vec<u8>),
    /// This status, with a body that breaks off.
    Unfinished(u16),
    /// Success, with a body of a byte every 100 ms.
    Drip,
    /// Success, with a body of 1 GiB.
    Huge,
    /// None, for as long as the client waits.
    Stall,
    /// The connection is reset.
    Reset,
}

impl Answer {
    /// Writes it to a connection on which `rest` may come, and says whether that goes on.
    pub(crate) fn give(self, mut stream: &TcpStream, mut rest: impl Read) -> io::Result<bool> {
        match self {
            Self::Status(status, more) => {
                head(stream, status, more, 4)?;
                stream.write_all(b"why\n")?;
            }
            Self::Body(body) => {
                head(stream, 200, "", body.len())?;
                stream.write_all(&body)?;
            }
            Self::Unfinished(status) => {
                head(stream, status, "", 999)?;
                stream.write_all(b"why\n")?;
            }
            Self::Drip => {
                head(stream, 200, "", 9_999)?;
                loop {
                    stream.write_all(&[0])?;
                    thread::sleep(Duration::from_millis(100));
                }
            }
            Self::Huge => {
                head(stream, 200, "", 1 << 30)?;
                for _ in 0..1 << 14 {
                    stream.write_all(&[0; 1 << 16])?;
                }
            }
            Self::Stall => {
                // Until the client gives up.
                rest.read_to_end(&mut Vec::new())?;
                return Ok(false);
            }
            Self::Reset => {
                SockRef::from(stream).set_linger(Some(Duration::ZERO))?;
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn head(mut stream: &TcpStream, status: u16, more: &str, length: usize) -> io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\n{more}\r\n"
    )
}
