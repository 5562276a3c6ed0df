//! A backend that answers as it is told to.

use std::{
    collections::{BTreeMap, VecDeque},
    io::{self, BufRead, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use socket2::SockRef;

/// What becomes of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    /// This status, with further lines of the head.
    Status(u16, &'static str),
    /// This status with a body that breaks off.
    Unfinished(u16),
    /// None, for as long as the client waits.
    Stall,
    /// The connection is reset.
    Reset,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
    pub(crate) came: Instant,
}

/// A backend on a port of its own, until the process ends.
pub(crate) struct Stub {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    answers: Mutex<VecDeque<Answer>>,
    requests: Mutex<Vec<Request>>,
}

impl Stub {
    /// Answers with these, one after the other, then with 200.
    pub(crate) fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            answers: Mutex::new(answers.into_iter().collect()),
            requests: Mutex::default(),
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

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What came so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// Waits until so many requests have come.
    pub(crate) fn wait_for(&self, requests: usize) -> Vec<Request> {
        let start = Instant::now();
        loop {
            let came = self.requests();
            if came.len() >= requests {
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
        while let Some(request) = read(&mut reader)? {
            self.requests.lock().unwrap().push(request);
            let answer = self.answers.lock().unwrap().pop_front();
            match answer.unwrap_or(Answer::Status(200, "")) {
                Answer::Status(status, head) => write!(
                    stream,
                    "HTTP/1.1 {status} x\r\ncontent-length: 4\r\n{head}\r\nwhy\n"
                )?,
                Answer::Unfinished(status) => write!(
                    stream,
                    "HTTP/1.1 {status} x\r\ncontent-length: 999\r\n\r\nwhy\n"
                )?,
                Answer::Stall => {
                    // Until the client gives up.
                    reader.read_to_end(&mut Vec::new())?;
                }
                Answer::Reset => {
                    SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// The next request, unless the client is done.
pub(crate) fn read(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
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
    Ok(Some(Request {
        line: line.trim_end().to_owned(),
        headers,
        body,
        came: Instant::now(),
    }))
}
