//! The spans that arrive.

mod calls;
mod layer;
mod requests;
mod tail;

use std::{net::SocketAddr, time::Duration};

use opentelemetry_proto::tonic::{
    common::v1::{KeyValue, any_value::Value},
    trace::v1::Span,
};
use steeple_core::{
    Headers, HttpVersion, Observation, Observer, ObserverBuilder, RequestDetails, RequestHead,
    Sampler, TraceConfig,
};
use steeple_metrics::Registry;
use steeple_otlp::{Otlp, OtlpBuilder, Signal};

use crate::sink::Sink;

/// A service whose traces are exported to a backend of its own.
pub(crate) struct Service {
    pub(crate) backend: Sink,
    pub(crate) otlp: Otlp,
    pub(crate) observer: Observer,
    pub(crate) registry: Registry,
}

impl Service {
    pub(crate) fn new() -> Self {
        Self::with(TraceConfig::new(), |observer| observer)
    }

    pub(crate) fn sampling(sampler: Sampler) -> Self {
        Self::with(TraceConfig::new().sampler(sampler), |observer| observer)
    }

    pub(crate) fn with(
        config: TraceConfig,
        configure: impl FnOnce(ObserverBuilder) -> ObserverBuilder,
    ) -> Self {
        Self::exporting(Otlp::builder(), config, configure)
    }

    pub(crate) fn exporting(
        otlp: OtlpBuilder,
        config: TraceConfig,
        configure: impl FnOnce(ObserverBuilder) -> ObserverBuilder,
    ) -> Self {
        let (backend, registry) = (Sink::new(), Registry::new());
        let otlp = otlp
            .endpoint(backend.url())
            .without(Signal::Metrics)
            .without(Signal::Logs)
            .start(registry.clone())
            .unwrap();
        let spans = otlp.request_spans().unwrap().redact_query(["token"]);
        let observer = Observer::builder().traces(config).sink(spans);
        let observer = configure(observer).build().unwrap();
        Self {
            backend,
            otlp,
            observer,
            registry,
        }
    }

    pub(crate) fn start(&self, headers: &dyn Headers) -> Observation {
        self.request("GET", HttpVersion::Http11, headers, &Details::default())
    }

    pub(crate) fn request(
        &self,
        method: &str,
        version: HttpVersion,
        headers: &dyn Headers,
        details: &Details,
    ) -> Observation {
        self.observer.start(&RequestHead {
            method,
            scheme: None,
            version,
            route: details.route.map(Into::into),
            headers,
            body_size: Some(0),
            details: &|| RequestDetails {
                path: details.path,
                query: details.query,
                authority: None,
                peer: details.peer,
            },
        })
    }

    /// The spans that have arrived once all are sent, in the order of their beginnings.
    pub(crate) fn spans(&self) -> Vec<Span> {
        let _ = self.otlp.flush_blocking(Duration::from_secs(30));
        let accounting = self.otlp.accounting(Signal::Traces).unwrap();
        assert_eq!(accounting.queued, 0, "{accounting:?}");
        let mut spans = self.backend.spans();
        spans.sort_by_key(|span| span.start_time_unix_nano);
        spans
    }

    pub(crate) fn only(&self) -> Span {
        let mut spans = self.spans();
        assert_eq!(spans.len(), 1, "{spans:#?}");
        spans.remove(0)
    }
}

/// What a request is asked for.
pub(crate) struct Details {
    pub(crate) route: Option<&'static str>,
    pub(crate) path: &'static str,
    pub(crate) query: Option<&'static str>,
    pub(crate) peer: Option<SocketAddr>,
}

impl Default for Details {
    fn default() -> Self {
        Self {
            route: Some("/users/{id}"),
            path: "/users/7",
            query: None,
            peer: None,
        }
    }
}

/// Attributes as `key=value`.
pub(crate) fn texts(attributes: &[KeyValue]) -> Vec<String> {
    let text = |attribute: &KeyValue| {
        let value = attribute.value.clone().unwrap().value.unwrap();
        format!("{}={}", attribute.key, print(value))
    };
    attributes.iter().map(text).collect()
}

fn print(value: Value) -> String {
    match value {
        Value::StringValue(text) => text,
        Value::BoolValue(value) => value.to_string(),
        Value::IntValue(value) => value.to_string(),
        Value::DoubleValue(value) => value.to_string(),
        Value::ArrayValue(list) => {
            let values = list
                .values
                .into_iter()
                .map(|value| print(value.value.unwrap()));
            format!("[{}]", values.collect::<Vec<_>>().join(","))
        }
        other => panic!("{other:?}"),
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
