//! A Sentry that takes everything.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    mem,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use flate2::read::GzDecoder;
use serde_json::Value;

/// What came, on a port of its own, until the process ends.
pub(crate) struct Inbox {
    address: SocketAddr,
    envelopes: Arc<Mutex<Vec<String>>>,
}

impl Inbox {
    pub(crate) fn open() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let envelopes = Arc::<Mutex<_>>::default();
        let taken = Arc::clone(&envelopes);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let taken = Arc::clone(&taken);
                // A client that goes away ends its connection alone.
                thread::spawn(move || take(stream, &taken));
            }
        });
        Ok(Self { address, envelopes })
    }

    pub(crate) fn dsn(&self) -> String {
        format!("http://k3y@{}/7", self.address)
    }

    /// The envelopes that came since it was asked last.
    pub(crate) fn taken(&self) -> Vec<String> {
        let mut envelopes = self
            .envelopes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        mem::take(&mut *envelopes)
    }
}

/// The events in them.
pub(crate) fn events(envelopes: &[String]) -> Vec<Value> {
    let mut events = Vec::new();
    for envelope in envelopes {
        let mut lines = envelope.lines().skip(1);
        while let (Some(head), Some(payload)) = (lines.next(), lines.next()) {
            if head.contains(r#""type":"event""#) {
                events.extend(serde_json::from_str::<Value>(payload));
            }
        }
    }
    events
}

fn take(mut stream: TcpStream, taken: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let (mut length, mut is_packed, mut line) = (0, false, String::new());
        while reader.read_line(&mut line)? > 2 {
            let field = line.to_ascii_lowercase();
            if let Some(bytes) = field.strip_prefix("content-length:") {
                length = bytes.trim().parse().map_err(io::Error::other)?;
            }
            is_packed |= field.starts_with("content-encoding: gzip");
            line.clear();
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        if body.is_empty() {
            return Ok(());
        }
        let mut envelope = String::new();
        if is_packed {
            GzDecoder::new(&*body).read_to_string(&mut envelope)?;
        } else {
            body.as_slice().read_to_string(&mut envelope)?;
        }
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.push(envelope);
        drop(taken);
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")?;
    }
}
