//! A backend that takes OTLP over HTTP, and decodes it.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, mpsc},
    thread,
};

use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::{AnyValue, any_value::Value},
    logs::v1::LogRecord,
    metrics::v1::Metric,
    resource::v1::Resource,
    trace::v1::Span,
};
use prost::Message;

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

/// A backend on a port of its own, until the process ends.
pub(crate) struct Collector {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Collector {
    pub(crate) fn new() -> Self {
        Self::answering("200 OK")
    }

    /// Answers everything with this status.
    pub(crate) fn answering(status: &'static str) -> Self {
        Self::start(status, || ())
    }

    /// Answers nothing before the gate is dropped.
    pub(crate) fn gated() -> (Self, mpsc::Sender<()>) {
        let (gate, dropped) = mpsc::channel();
        let collector = Self::start("200 OK", move || {
            let _ = dropped.recv();
        });
        (collector, gate)
    }

    fn start(status: &'static str, wait: impl FnOnce() + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<_>>>::default();
        let served = requests.clone();
        thread::spawn(move || {
            wait();
            for stream in listener.incoming().map_while(Result::ok) {
                let requests = served.clone();
                // A client that goes away ends its connection, not the backend.
                thread::spawn(move || serve(&stream, status, &requests));
            }
        });
        Self { address, requests }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        let mut paths: Vec<_> = self.requests().into_iter().map(|each| each.path).collect();
        paths.sort_unstable();
        paths.dedup();
        paths
    }

    pub(crate) fn spans(&self) -> Vec<Span> {
        let resources = self.traces().into_iter();
        let scopes = resources.flat_map(|resource| resource.scope_spans);
        scopes.flat_map(|scope| scope.spans).collect()
    }

    /// What the spans are of.
    pub(crate) fn resource(&self) -> Resource {
        let mut resources = self.traces().into_iter().map(|spans| spans.resource);
        resources.next().flatten().unwrap()
    }

    pub(crate) fn metrics(&self) -> Vec<Metric> {
        let requests = self.decoded::<ExportMetricsServiceRequest>("/v1/metrics");
        let resources = requests.into_iter().flat_map(|it| it.resource_metrics);
        let scopes = resources.flat_map(|resource| resource.scope_metrics);
        scopes.flat_map(|scope| scope.metrics).collect()
    }

    pub(crate) fn log_records(&self) -> Vec<LogRecord> {
        let requests = self.decoded::<ExportLogsServiceRequest>("/v1/logs");
        let resources = requests.into_iter().flat_map(|it| it.resource_logs);
        let scopes = resources.flat_map(|resource| resource.scope_logs);
        scopes.flat_map(|scope| scope.log_records).collect()
    }

    fn traces(&self) -> Vec<opentelemetry_proto::tonic::trace::v1::ResourceSpans> {
        let requests = self.decoded::<ExportTraceServiceRequest>("/v1/traces");
        let resources = requests.into_iter().flat_map(|it| it.resource_spans);
        resources.collect()
    }

    fn decoded<M: Message + Default>(&self, path: &str) -> Vec<M> {
        let mut requests = self.requests();
        requests.retain(|request| request.path == path);
        let bodies = requests.iter().map(|request| request.body.as_slice());
        bodies.map(|body| M::decode(body).unwrap()).collect()
    }
}

/// The text of an attribute, if it is there.
pub(crate) fn attribute(
    attributes: &[opentelemetry_proto::tonic::common::v1::KeyValue],
    key: &str,
) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.as_ref()? {
        AnyValue {
            value: Some(Value::StringValue(text)),
        } => Some(text.clone()),
        other => Some(format!("{other:?}")),
    }
}

fn serve(mut stream: &TcpStream, status: &str, requests: &Mutex<Vec<Request>>) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut lines = reader.by_ref().lines();
        let Some(first) = lines.next().transpose()? else {
            return Ok(());
        };
        let headers: BTreeMap<_, _> = lines
            .map_while(Result::ok)
            .map_while(|line| {
                let (name, value) = line.split_once(": ")?;
                Some((name.to_owned(), value.to_owned()))
            })
            .collect();
        let length = headers.get("content-length").map_or("0", String::as_str);
        let mut body = vec![0; length.parse().map_err(io::Error::other)?];
        reader.read_exact(&mut body)?;
        requests.lock().unwrap().push(Request {
            path: first.split(' ').nth(1).unwrap_or_default().to_owned(),
            headers,
            body,
        });
        write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n")?;
    }
}
