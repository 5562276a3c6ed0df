//! A Sentry that answers as it is told to.

use std::{
    collections::{BTreeMap, VecDeque},
    io::{self, BufRead, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use flate2::read::GzDecoder;
use serde_json::Value;

/// What becomes of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    /// This status, with further lines of the head.
    Status(u16, &'static str),
    /// None, for as long as the client waits.
    Stall,
}

/// An envelope as it came.
#[derive(Clone, Debug)]
pub(crate) struct Envelope {
    pub(crate) line: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) header: Value,
    /// The items by their types.
    pub(crate) items: Vec<(String, Value)>,
}

/// A Sentry on a port of its own, until the process ends.
pub(crate) struct Stub {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    answers: Mutex<VecDeque<Answer>>,
    envelopes: Mutex<Vec<Envelope>>,
}

impl Stub {
    /// Answers with these, one after the other, then with 200.
    pub(crate) fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            answers: Mutex::new(answers.into_iter().collect()),
            envelopes: Mutex::default(),
        });
        let served = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = served.clone();
                // A client that goes away ends its connection, not the backend.
                thread::spawn(move || shared.serve(stream));
            }
        });
        Self { address, shared }
    }

    pub(crate) fn dsn(&self) -> String {
        format!("http://k3y@{}/7", self.address)
    }

    /// What came so far.
    pub(crate) fn envelopes(&self) -> Vec<Envelope> {
        self.shared.envelopes.lock().unwrap().clone()
    }

    /// The events that came so far.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.items("event")
    }

    /// The items of a type that came so far.
    pub(crate) fn items(&self, kind: &str) -> Vec<Value> {
        let items = self.envelopes().into_iter().flat_map(|came| came.items);
        items
            .filter(|(of, _)| of == kind)
            .map(|(_, item)| item)
            .collect()
    }

    /// What client reports have told, by reason and category.
    pub(crate) fn losses(&self) -> BTreeMap<(String, String), u64> {
        let mut losses = BTreeMap::new();
        for report in self.items("client_report") {
            for lost in report["discarded_events"].as_array().unwrap() {
                let text = |name: &str| lost[name].as_str().unwrap().to_owned();
                let count = lost["quantity"].as_u64().unwrap();
                *losses
                    .entry((text("reason"), text("category")))
                    .or_default() += count;
            }
        }
        losses
    }

    /// Waits until so many envelopes have come.
    pub(crate) fn wait_for(&self, envelopes: usize) -> Vec<Envelope> {
        let start = Instant::now();
        loop {
            let came = self.envelopes();
            if came.len() >= envelopes {
                return came;
            }
            assert!(start.elapsed() < Duration::from_secs(30), "{came:?}");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Shared {
    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        while let Some(envelope) = read(&mut reader)? {
            self.envelopes.lock().unwrap().push(envelope);
            let answer = self.answers.lock().unwrap().pop_front();
            match answer.unwrap_or(Answer::Status(200, "")) {
                Answer::Status(status, head) => write!(
                    stream,
                    "HTTP/1.1 {status} x\r\ncontent-length: 2\r\n{head}\r\n{{}}"
                )?,
                Answer::Stall => {
                    // Until the client gives up.
                    reader.read_to_end(&mut Vec::new())?;
                }
            }
        }
        Ok(())
    }
}

/// The next envelope, unless the client is done.
fn read(reader: &mut impl BufRead) -> io::Result<Option<Envelope>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.trim_end().split_once(": ") else {
            break;
        };
        headers.insert(name.to_owned(), value.to_owned());
    }
    let length = headers.get("content-length").map_or("0", String::as_str);
    let mut body = vec![0; length.parse().map_err(io::Error::other)?];
    reader.read_exact(&mut body)?;
    let mut text = String::new();
    GzDecoder::new(&*body).read_to_string(&mut text)?;
    let mut lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let header = lines.next().unwrap();
    let mut items = Vec::new();
    while let (Some(head), Some(item)) = (lines.next(), lines.next()) {
        let head: Value = head;
        items.push((head["type"].as_str().unwrap().to_owned(), item));
    }
    Ok(Some(Envelope {
        line: line.trim_end().to_owned(),
        headers,
        header,
        items,
    }))
}
