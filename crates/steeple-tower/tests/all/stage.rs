//! A service under observation.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use futures_executor::block_on;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Empty, StreamBody};
use steeple_core::{JobRecord, Observer, ObserverBuilder, Outcome, RequestRecord, Sink};
use steeple_metrics::Registry;
use steeple_tower::ObserveLayer;
use tower::{Layer, Service, ServiceExt};

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) status: Option<u16>,
    pub(crate) outcome: Outcome,
    pub(crate) error_type: Option<String>,
    pub(crate) panic: Option<String>,
    pub(crate) response_size: u64,
}

/// Collects what it sees.
#[derive(Clone, Default)]
pub(crate) struct Records(Arc<Mutex<Vec<Seen>>>);

impl Records {
    pub(crate) fn all(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The only record.
    pub(crate) fn only(&self) -> Seen {
        let all = self.all();
        let [record] = &all[..] else {
            panic!("one record: {all:?}")
        };
        record.clone()
    }
}

impl Sink for Records {
    fn request(&self, record: &RequestRecord<'_>) {
        self.all().push(Seen {
            status: record.status,
            outcome: record.outcome,
            error_type: record.error_type.map(|error_type| error_type.to_string()),
            panic: record.panic.as_ref().map(|panic| panic.message.clone()),
            response_size: record.response_size,
        });
    }

    fn job(&self, record: &JobRecord<'_>) {
        self.all().push(Seen {
            status: None,
            outcome: record.outcome,
            error_type: record.error_type.map(|error_type| error_type.to_string()),
            panic: record.panic.as_ref().map(|panic| panic.message.clone()),
            response_size: 0,
        });
    }
}

/// An observer and what it recorded.
pub(crate) struct Stage {
    pub(crate) observer: Observer,
    pub(crate) registry: Registry,
    pub(crate) records: Records,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with(|observer| observer)
    }

    pub(crate) fn with(configure: impl FnOnce(ObserverBuilder) -> ObserverBuilder) -> Self {
        let registry = Registry::new();
        let records = Records::default();
        let observer = Observer::builder().recorder(Arc::new(registry.clone()));
        let observer = configure(observer).sink(records.clone()).build().unwrap();
        Self {
            observer,
            registry,
            records,
        }
    }

    pub(crate) fn layer(&self) -> ObserveLayer {
        ObserveLayer::new(&self.observer)
    }

    /// Sends one request through `service` under observation and reads the answer to its end.
    pub(crate) fn send<S, B>(&self, service: S, request: Request<NoBody>) -> Answer
    where
        S: Service<Request<NoBody>, Response = Response<B>, Error = Infallible>,
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let service = self.layer().layer(service);
        let (head, body) = block_on(service.oneshot(request)).unwrap().into_parts();
        Answer {
            status: head.status,
            headers: head.headers,
            body: block_on(body.collect())
                .map(|collected| (collected.trailers().cloned(), collected.to_bytes()))
                .map_err(|error| error.to_string()),
        }
    }

    /// The value of the counter or the sum of the gauge `name`.
    pub(crate) fn total(&self, name: &str) -> f64 {
        let snapshot = self.registry.snapshot();
        let series = snapshot
            .family(name)
            .into_iter()
            .flat_map(|family| &family.series);
        series
            .filter_map(|series| {
                let value = &series.value;
                value
                    .as_gauge()
                    .or(value.as_counter().map(|count| count as f64))
            })
            .sum()
    }

    /// There is one record, nothing is active any more, and the metrics counted one request.
    pub(crate) fn settled(&self) -> Seen {
        assert_eq!(self.total("http_server_active_requests"), 0.0);
        assert_eq!(self.total("http_server_requests_total"), 1.0);
        self.records.only()
    }
}

pub(crate) type NoBody = Empty<Bytes>;

/// A response that was read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Trailers and data, or why there is no end.
    pub(crate) body: Result<(Option<HeaderMap>, Bytes), String>,
}

pub(crate) fn request() -> Request<NoBody> {
    Request::new(Empty::new())
}

pub(crate) fn grpc_request() -> Request<NoBody> {
    Request::post("/shop.Orders/Place")
        .version(http::Version::HTTP_2)
        .header("content-type", "application/grpc+proto")
        .body(Empty::new())
        .unwrap()
}

pub(crate) fn data(text: &'static str) -> Frame<Bytes> {
    Frame::data(Bytes::from(text))
}

/// A body of unknown size, made frame by frame.
pub(crate) fn body<const N: usize>(
    frames: [fn() -> Frame<Bytes>; N],
) -> impl Body<Data = Bytes, Error = Infallible> {
    StreamBody::new(stream::iter(frames).map(|frame| Ok(frame())))
}

/// Panics when it is dropped.
pub(crate) struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("lost in drop");
    }
}
