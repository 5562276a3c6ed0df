//! A backend that does with each connection what it is told to.

use std::{
    io::{self, BufRead, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
};

use steeple_client::{Client, ClientBuilder, Endpoint};

/// A request as it came.
pub(crate) struct Request {
    /// Without the empty line.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// A backend on a port of its own, until the process ends.
pub(crate) struct Stub {
    url: String,
    requests: mpsc::Receiver<Request>,
}

impl Stub {
    /// Reads a request from each connection, and answers by `answer`.
    pub(crate) fn answering(
        answer: impl Fn(&mut TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, requests) = mpsc::channel();
        thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                // A client that goes away ends its connection, not the backend.
                let Ok(request) = read(&mut BufReader::new(&stream)) else {
                    continue;
                };
                if sender.send(request).is_err() {
                    return;
                }
                let _ = answer(&mut stream);
            }
        });
        Self { url, requests }
    }

    /// Always answers so.
    pub(crate) fn saying(answer: &'static str) -> Self {
        Self::answering(move |stream| stream.write_all(answer.as_bytes()))
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        self.url.parse().unwrap()
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.endpoint()).unwrap()
    }

    pub(crate) fn builder(&self) -> ClientBuilder {
        Client::builder(self.endpoint())
    }

    /// Whether a request came that was not looked at.
    pub(crate) fn was_asked(&self) -> bool {
        self.requests.try_recv().is_ok()
    }

    /// The next request that came.
    pub(crate) fn request(&self) -> Request {
        self.requests.recv().unwrap()
    }
}

/// The request that comes next.
pub(crate) fn read(reader: &mut impl BufRead) -> io::Result<Request> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.unwrap_or("0").parse().unwrap()];
    reader.read_exact(&mut body)?;
    Ok(Request { head, body })
}

/// Runs `future` as the worker of a pipeline does.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}
