//! A backend that takes OTLP over HTTP, and decodes it.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::{AnyValue, KeyValue, any_value::Value},
    logs::v1::LogRecord,
    metrics::v1::Metric,
    resource::v1::Resource,
    trace::v1::Span,
};
use prost::Message;
use serde::de::DeserializeOwned;

/// A span, metric or log record, and what it is of.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Received<T> {
    /// The resource.
    pub resource: Resource,
    /// What came.
    pub what: T,
}

/// Takes protobuf and JSON over HTTP/1.1 on a port of its own, until the process ends.
#[derive(Debug)]
pub struct OtlpSink {
    address: SocketAddr,
    signals: Arc<Mutex<Signals>>,
}

#[derive(Debug, Default)]
struct Signals {
    spans: Vec<Received<Span>>,
    metrics: Vec<Received<Metric>>,
    logs: Vec<Received<LogRecord>>,
}

impl OtlpSink {
    /// Starts one.
    ///
    /// # Errors
    ///
    /// When the system has no port left.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let signals = Arc::<Mutex<Signals>>::default();
        let served = Arc::clone(&signals);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let signals = Arc::clone(&served);
                // A client that goes away ends its connection, not the backend.
                thread::spawn(move || serve(&stream, &signals));
            }
        });
        Ok(Self { address, signals })
    }

    /// The endpoint, such as `http://127.0.0.1:4318`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The spans that came so far.
    #[must_use]
    pub fn spans(&self) -> Vec<Received<Span>> {
        lock(&self.signals).spans.clone()
    }

    /// How many spans came so far.
    #[must_use]
    pub fn span_count(&self) -> u64 {
        lock(&self.signals).spans.len() as u64
    }

    /// The metrics that came so far, each as often as it came.
    #[must_use]
    pub fn metrics(&self) -> Vec<Received<Metric>> {
        lock(&self.signals).metrics.clone()
    }

    /// The log records that came so far.
    #[must_use]
    pub fn logs(&self) -> Vec<Received<LogRecord>> {
        lock(&self.signals).logs.clone()
    }
}

impl<T> Received<T> {
    /// The text of an attribute of the resource, if it is there.
    #[must_use]
    pub fn of_resource(&self, key: &str) -> Option<&str> {
        text(&self.resource.attributes, key)
    }

    /// The name of the service; empty where there is none.
    #[must_use]
    pub fn service(&self) -> &str {
        self.of_resource("service.name").unwrap_or_default()
    }
}

/// The text of the attribute of this key, if it is there.
#[must_use]
pub fn text<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a str> {
    let mut attributes = attributes.iter();
    match attributes.find(|attribute| attribute.key == key)?.value {
        Some(AnyValue {
            value: Some(Value::StringValue(ref text)),
        }) => Some(text),
        _ => None,
    }
}

fn lock(signals: &Mutex<Signals>) -> MutexGuard<'_, Signals> {
    signals.lock().unwrap_or_else(PoisonError::into_inner)
}

fn of<T>(
    resource: Option<Resource>,
    items: impl IntoIterator<Item = T>,
) -> impl Iterator<Item = Received<T>> {
    let resource = resource.unwrap_or_default();
    items.into_iter().map(move |what| Received {
        resource: resource.clone(),
        what,
    })
}

impl Signals {
    /// Takes a request.
    fn take(&mut self, request: &Request) -> io::Result<()> {
        match &*request.path {
            "/v1/traces" => {
                let request: ExportTraceServiceRequest = request.decoded()?;
                for each in request.resource_spans {
                    let spans = each.scope_spans.into_iter().flat_map(|scope| scope.spans);
                    self.spans.extend(of(each.resource, spans));
                }
            }
            "/v1/metrics" => {
                let request: ExportMetricsServiceRequest = request.decoded()?;
                for each in request.resource_metrics {
                    let scopes = each.scope_metrics.into_iter();
                    let metrics = scopes.flat_map(|scope| scope.metrics);
                    self.metrics.extend(of(each.resource, metrics));
                }
            }
            "/v1/logs" => {
                let request: ExportLogsServiceRequest = request.decoded()?;
                for each in request.resource_logs {
                    let scopes = each.scope_logs.into_iter();
                    let records = scopes.flat_map(|scope| scope.log_records);
                    self.logs.extend(of(each.resource, records));
                }
            }
            path => return Err(io::Error::other(format!("there is no {path}"))),
        }
        Ok(())
    }
}

fn serve(mut stream: &TcpStream, signals: &Mutex<Signals>) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader)? {
        let taken = lock(signals).take(&request);
        let status = if taken.is_ok() {
            "200 OK"
        } else {
            "400 Bad Request"
        };
        write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n")?;
    }
    Ok(())
}

/// A request, decompressed.
struct Request {
    path: String,
    is_json: bool,
    body: Vec<u8>,
}

impl Request {
    fn decoded<M: Message + Default + DeserializeOwned>(&self) -> io::Result<M> {
        if self.is_json {
            serde_json::from_slice(&self.body).map_err(Into::into)
        } else {
            M::decode(&*self.body).map_err(Into::into)
        }
    }
}

/// The next request, unless the client is done.
fn read(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut head = Vec::new();
    for line in reader.by_ref().lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        head.push(line);
    }
    let Some(first) = head.first() else {
        return Ok(None);
    };
    let field = |wanted: &str| {
        let mut fields = head.iter().filter_map(|line| line.split_once(':'));
        let found = fields.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.trim())
    };
    let length = field("content-length").unwrap_or("0");
    let mut body = vec![0; length.parse().map_err(io::Error::other)?];
    reader.read_exact(&mut body)?;
    if field("content-encoding") == Some("gzip") {
        let mut plain = Vec::new();
        GzDecoder::new(&*body).read_to_end(&mut plain)?;
        body = plain;
    }
    Ok(Some(Request {
        path: first.split(' ').nth(1).unwrap_or_default().to_owned(),
        is_json: field("content-type") == Some("application/json"),
        body,
    }))
}
