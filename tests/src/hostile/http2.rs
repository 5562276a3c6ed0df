//! As much of [HTTP/2](https://www.rfc-editor.org/rfc/rfc9113) as it takes to be rude.

use std::{
    io::{self, BufReader, Read, Write},
    mem,
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use socket2::SockRef;

use super::connect;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How many bytes of a body the server may send unasked, so that a body without end soon waits.
const WINDOW: u32 = 64;
const CANCEL: u32 = 8;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;

const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

/// A connection without encryption, to a server that is known to speak HTTP/2.
#[derive(Debug)]
pub(super) struct Http2 {
    stream: BufReader<TcpStream>,
    authority: String,
    next_stream: u32,
    /// What is to be sent.
    frames: Vec<u8>,
}

/// A frame of a stream.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) stream: u32,
    pub(super) is_data: bool,
    pub(super) is_last: bool,
}

impl Http2 {
    pub(super) fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = connect(address)?;
        stream.set_nodelay(true)?;
        let mut connection = Self {
            stream: BufReader::new(stream),
            authority: address.to_string(),
            next_stream: 1,
            frames: PREFACE.to_vec(),
        };
        let initial_window_size = [&4_u16.to_be_bytes()[..], &WINDOW.to_be_bytes()].concat();
        connection.frame(SETTINGS, 0, 0, &initial_window_size);
        let unlimited: u32 = (1 << 31) - 1 - 65_535;
        connection.frame(WINDOW_UPDATE, 0, 0, &unlimited.to_be_bytes());
        Ok(connection)
    }

    /// Asks for `path` and returns the stream that does.
    pub(super) fn get(&mut self, path: &str) -> u32 {
        self.request(2, path, END_STREAM)
    }

    /// Begins to send a body to `path`, and returns the stream that does.
    pub(super) fn post(&mut self, path: &str) -> u32 {
        let stream = self.request(3, path, 0);
        self.frame(DATA, 0, stream, b"the first part");
        stream
    }

    pub(super) fn reset(&mut self, stream: u32) {
        self.frame(RST_STREAM, 0, stream, &CANCEL.to_be_bytes());
    }

    /// Begins to ask for `path`, and never says the rest.
    pub(super) fn half_a_head(&mut self, path: &str) {
        let before = self.frames.len();
        self.get(path);
        self.frames.truncate(before + 12);
    }

    /// Sends what is to be sent.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        let frames = mem::take(&mut self.frames);
        self.stream.get_mut().write_all(&frames)
    }

    /// Waits for the next frame of a stream.
    pub(super) fn next_frame(&mut self) -> io::Result<Frame> {
        loop {
            let mut head = [0; 9];
            self.stream.read_exact(&mut head)?;
            let [high, middle, low, kind, flags, stream @ ..] = head;
            let mut payload = vec![0; u32::from_be_bytes([0, high, middle, low]) as usize];
            self.stream.read_exact(&mut payload)?;
            match kind {
                DATA | HEADERS | RST_STREAM => {
                    return Ok(Frame {
                        stream: u32::from_be_bytes(stream),
                        is_data: kind == DATA,
                        is_last: kind == RST_STREAM || flags & END_STREAM != 0,
                    });
                }
                SETTINGS if flags & ACK == 0 => self.frame(SETTINGS, ACK, 0, &[]),
                PING if flags & ACK == 0 => self.frame(PING, ACK, 0, &payload),
                GOAWAY => return Err(io::Error::other("the server has had enough")),
                _ => {}
            }
            self.flush()?;
        }
    }

    /// Ends in a reset of the connection, whatever its streams are at.
    pub(super) fn abort(mut self) -> io::Result<()> {
        self.flush()?;
        SockRef::from(self.stream.get_ref()).set_linger(Some(Duration::ZERO))
    }

    /// Asks with the method that stands at `method` in the
    /// [static table](https://www.rfc-editor.org/rfc/rfc7541#appendix-A).
    fn request(&mut self, method: u8, path: &str, flags: u8) -> u32 {
        let scheme_http = 6;
        let mut fields = vec![0x80 | method, 0x80 | scheme_http];
        for (name, value) in [(1, self.authority.as_str()), (4, path)] {
            fields.extend([name, value.len() as u8]);
            fields.extend(value.as_bytes());
        }
        let stream = self.next_stream;
        self.next_stream += 2;
        self.frame(HEADERS, END_HEADERS | flags, stream, &fields);
        stream
    }

    fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = payload.len() as u32;
        self.frames.extend(&length.to_be_bytes()[1..]);
        self.frames.extend([kind, flags]);
        self.frames.extend(stream.to_be_bytes());
        self.frames.extend(payload);
    }
}
