//! A backend that answers as it is told to, and decodes what it gets.

use std::{
    collections::{BTreeMap, VecDeque},
    io::{self, BufRead, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    logs::v1::LogRecord,
    metrics::v1::Metric,
    trace::v1::Span,
};
use prost::Message;
use serde::de::DeserializeOwned;
use socket2::SockRef;

pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What becomes of a request.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// This status, with further lines of the head.
    Status(u16, &'static str),
    /// Success, with this body.
    Body(Vec<u8>),
    /// Success, with a body of a byte every 100 ms.
    Drip,
    /// Success, with a body of 1 GiB.
    Huge,
    /// None, for as long as the client waits.
    Stall,
    /// The connection is reset.
    Reset,
}

/// A request as it came, its body decompressed.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
    pub(crate) came: Instant,
}

impl Request {
    pub(crate) fn decoded<M: Message + Default + DeserializeOwned>(&self) -> M {
        match self.headers["content-type"].as_str() {
            "application/json" => serde_json::from_slice(&self.body).unwrap(),
            _ => M::decode(&*self.body).unwrap(),
        }
    }

    pub(crate) fn traces(&self) -> ExportTraceServiceRequest {
        self.decoded()
    }

    pub(crate) fn metrics(&self) -> ExportMetricsServiceRequest {
        self.decoded()
    }

    pub(crate) fn logs(&self) -> ExportLogsServiceRequest {
        self.decoded()
    }
}

/// What came.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) answers: Mutex<VecDeque<Answer>>,
    pub(crate) requests: Mutex<Vec<Request>>,
}

/// A backend on a port of its own, until the process ends.
pub(crate) struct Sink {
    pub(crate) address: SocketAddr,
    pub(crate) shared: Arc<Shared>,
}

impl Sink {
    pub(crate) fn new() -> Self {
        Self::answering([])
    }

    /// Answers with these, one after the other, then with 200.
    pub(crate) fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::at(([127, 0, 0, 1], 0).into(), answers)
    }

    /// [`answering`](Self::answering) at an address.
    pub(crate) fn at(address: SocketAddr, answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind(address).unwrap();
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

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What came so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// The metrics of all requests.
    pub(crate) fn metrics(&self) -> Vec<Metric> {
        let requests = self.requests_to("metrics").into_iter();
        let resources = requests.flat_map(|request| request.metrics().resource_metrics);
        let scopes = resources.flat_map(|resource| resource.scope_metrics);
        scopes.flat_map(|scope| scope.metrics).collect()
    }

    /// The spans of all requests.
    pub(crate) fn spans(&self) -> Vec<Span> {
        let requests = self.requests_to("trace").into_iter();
        let resources = requests.flat_map(|request| request.traces().resource_spans);
        let scopes = resources.flat_map(|resource| resource.scope_spans);
        scopes.flat_map(|scope| scope.spans).collect()
    }

    /// The log records of all requests.
    pub(crate) fn log_records(&self) -> Vec<LogRecord> {
        let requests = self.requests_to("logs").into_iter();
        let resources = requests.flat_map(|request| request.logs().resource_logs);
        let scopes = resources.flat_map(|resource| resource.scope_logs);
        scopes.flat_map(|scope| scope.log_records).collect()
    }

    fn requests_to(&self, signal: &str) -> Vec<Request> {
        let mut requests = self.requests();
        requests.retain(|request| request.path.contains(signal));
        requests
    }

    /// Waits until this is so.
    pub(crate) fn wait_until(&self, what: &str, condition: impl Fn(&[Request]) -> bool) {
        let start = Instant::now();
        while !condition(&self.requests()) {
            assert!(start.elapsed() < PATIENCE, "{what}: {:?}", self.requests());
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
            match answer.unwrap_or(Answer::Body(Vec::new())) {
                Answer::Status(status, head) => write!(
                    stream,
                    "HTTP/1.1 {status} x\r\ncontent-length: 4\r\n{head}\r\nwhy\n"
                )?,
                Answer::Body(body) => {
                    let length = body.len();
                    write!(stream, "HTTP/1.1 200 x\r\ncontent-length: {length}\r\n\r\n")?;
                    stream.write_all(&body)?;
                }
                Answer::Drip => {
                    write!(stream, "HTTP/1.1 200 x\r\ncontent-length: 9999\r\n\r\n")?;
                    loop {
                        stream.write_all(&[0])?;
                        thread::sleep(Duration::from_millis(100));
                    }
                }
                Answer::Huge => {
                    write!(
                        stream,
                        "HTTP/1.1 200 x\r\ncontent-length: {}\r\n\r\n",
                        1 << 30
                    )?;
                    for _ in 0..1 << 14 {
                        stream.write_all(&[0; 1 << 16])?;
                    }
                }
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
fn read(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
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
    if headers
        .get("content-encoding")
        .is_some_and(|name| name == "gzip")
    {
        let mut plain = Vec::new();
        GzDecoder::new(&*body).read_to_end(&mut plain)?;
        body = plain;
    }
    Ok(Some(Request {
        path: line.split(' ').nth(1).unwrap_or_default().to_owned(),
        headers,
        body,
        came: Instant::now(),
    }))
}
