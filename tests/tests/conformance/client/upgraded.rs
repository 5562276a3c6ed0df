//! What a connection or a stream goes on as.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
};

use super::{http1::reset, http2::Http2};

pub(crate) enum Upgraded {
    Connection(TcpStream),
    Stream(Box<Http2>),
}

impl Upgraded {
    /// Breaks it off, and gives the connection back if there is more to it.
    pub(crate) fn abort(self) -> Option<Box<Http2>> {
        match self {
            Self::Connection(stream) => {
                reset(&stream);
                None
            }
            Self::Stream(client) => Some(client.leave()),
        }
    }
}

impl Read for Upgraded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Connection(stream) => stream.read(buffer),
            Self::Stream(client) => client.stream().read(buffer),
        }
    }
}

impl Write for Upgraded {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match self {
            Self::Connection(stream) => stream.write(data),
            Self::Stream(client) => client.stream().write(data),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
