use std::{ffi::OsString, path::PathBuf, time::Duration};

use steeple_core::Variables;

use super::{Compression, Delivery, Protocol, lists};
use crate::{
    EnvironmentError, HistogramAggregation, Signal, Temporality, Value, resource::Resource,
};

/// The variable for all signals and those for each, in the order of [`Signal::ALL`].
type Keys = [&'static str; 4];

macro_rules! keys {
    ($name:literal) => {
        [
            concat!("OTEL_EXPORTER_OTLP_", $name),
            concat!("OTEL_EXPORTER_OTLP_TRACES_", $name),
            concat!("OTEL_EXPORTER_OTLP_METRICS_", $name),
            concat!("OTEL_EXPORTER_OTLP_LOGS_", $name),
        ]
    };
}

pub(crate) const ENDPOINT: Keys = keys!("ENDPOINT");
const PROTOCOL: Keys = keys!("PROTOCOL");
const HEADERS: Keys = keys!("HEADERS");
const TIMEOUT: Keys = keys!("TIMEOUT");
const COMPRESSION: Keys = keys!("COMPRESSION");
const CERTIFICATE: Keys = keys!("CERTIFICATE");
const CLIENT_CERTIFICATE: Keys = keys!("CLIENT_CERTIFICATE");
const CLIENT_KEY: Keys = keys!("CLIENT_KEY");
const INSECURE: Keys = keys!("INSECURE");

/// In the order of [`Signal::ALL`].
const EXPORTERS: [&str; 3] = [
    "OTEL_TRACES_EXPORTER",
    "OTEL_METRICS_EXPORTER",
    "OTEL_LOGS_EXPORTER",
];

const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";
const RESOURCE_ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
const METRIC_INTERVAL: &str = "OTEL_METRIC_EXPORT_INTERVAL";
const METRIC_TIMEOUT: &str = "OTEL_METRIC_EXPORT_TIMEOUT";
const TEMPORALITY: &str = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
const AGGREGATION: &str = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION";

/// How spans or log records are batched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Batching {
    pub(crate) delay: Option<Duration>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) queue: Option<u64>,
    pub(crate) batch: Option<usize>,
}

/// The variables that are set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    pub(crate) general: Delivery,
    /// In the order of [`Signal::ALL`].
    pub(crate) signals: [Delivery; 3],
    /// Whether signals are exported over OTLP, in the order of [`Signal::ALL`].
    pub(crate) exported: [Option<bool>; 3],
    pub(crate) resource: Resource,
    pub(crate) spans: Batching,
    pub(crate) log_records: Batching,
    pub(crate) metric_interval: Option<Duration>,
    pub(crate) metric_timeout: Option<Duration>,
    pub(crate) temporality: Option<Temporality>,
    pub(crate) histograms: Option<HistogramAggregation>,
}

impl Environment {
    pub(crate) fn read(
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, EnvironmentError> {
        let variables = Variables::new(&variable);
        Ok(Self {
            general: delivery(variables, 0)?,
            signals: [
                delivery(variables, 1)?,
                delivery(variables, 2)?,
                delivery(variables, 3)?,
            ],
            exported: [
                exported(variables, Signal::Traces)?,
                exported(variables, Signal::Metrics)?,
                exported(variables, Signal::Logs)?,
            ],
            resource: resource(variables)?,
            spans: Batching {
                delay: variables.duration("OTEL_BSP_SCHEDULE_DELAY")?,
                timeout: variables.duration("OTEL_BSP_EXPORT_TIMEOUT")?,
                queue: quantity(variables, "OTEL_BSP_MAX_QUEUE_SIZE")?,
                batch: items(variables, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE")?,
            },
            log_records: Batching {
                delay: variables.duration("OTEL_BLRP_SCHEDULE_DELAY")?,
                timeout: variables.duration("OTEL_BLRP_EXPORT_TIMEOUT")?,
                queue: quantity(variables, "OTEL_BLRP_MAX_QUEUE_SIZE")?,
                batch: items(variables, "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE")?,
            },
            metric_interval: interval(variables, METRIC_INTERVAL)?,
            metric_timeout: variables.duration(METRIC_TIMEOUT)?,
            temporality: variables.enumeration(
                TEMPORALITY,
                &[
                    ("cumulative", Temporality::Cumulative),
                    ("delta", Temporality::Delta),
                    // It differs from delta in asynchronous instruments, which there are none of.
                    ("lowmemory", Temporality::Delta),
                ],
            )?,
            histograms: variables.enumeration(
                AGGREGATION,
                &[
                    ("explicit_bucket_histogram", HistogramAggregation::Explicit),
                    (
                        "base2_exponential_bucket_histogram",
                        HistogramAggregation::Exponential,
                    ),
                ],
            )?,
        })
    }
}

/// For the signal at this place in [`Keys`].
fn delivery(variables: Variables<'_>, place: usize) -> Result<Delivery, EnvironmentError> {
    let file = |keys: Keys| Ok(variables.text(keys[place])?.map(PathBuf::from));
    Ok(Delivery {
        endpoint: variables.text(ENDPOINT[place])?,
        protocol: variables.enumeration(
            PROTOCOL[place],
            &[
                ("grpc", Protocol::Grpc),
                ("http/protobuf", Protocol::HttpProtobuf),
                ("http/json", Protocol::HttpJson),
            ],
        )?,
        headers: headers(variables, HEADERS[place])?,
        timeout: variables.duration(TIMEOUT[place])?,
        compression: variables.enumeration(
            COMPRESSION[place],
            &[("gzip", Compression::Gzip), ("none", Compression::None)],
        )?,
        certificate: file(CERTIFICATE)?,
        client_certificate: file(CLIENT_CERTIFICATE)?,
        client_key: file(CLIENT_KEY)?,
        insecure: variables.boolean(INSECURE[place])?,
    })
}

fn headers(
    variables: Variables<'_>,
    key: &'static str,
) -> Result<Option<Vec<(String, String)>>, EnvironmentError> {
    let Some(list) = variables.text(key)? else {
        return Ok(None);
    };
    lists::pairs(&list).map(Some).ok_or_else(|| {
        EnvironmentError::without_value(
            key,
            "not shown, since it may be secret",
            "names and values such as `api-key=abc,tenant=a%2Cb`",
        )
    })
}

/// Whether OTLP is among the exporters of a list.
fn exported(variables: Variables<'_>, signal: Signal) -> Result<Option<bool>, EnvironmentError> {
    let key = EXPORTERS[signal as usize];
    let mut known = vec![("otlp", true), ("none", false)];
    if signal == Signal::Metrics {
        // They are there to be scraped anyway.
        known.push(("prometheus", false));
    }
    let named = variables.enumerations(key, &known)?;
    Ok((!named.is_empty()).then(|| named.contains(&true)))
}

fn resource(variables: Variables<'_>) -> Result<Resource, EnvironmentError> {
    let mut resource = Resource::default();
    if let Some(list) = variables.text(RESOURCE_ATTRIBUTES)? {
        let accepted = "keys and values such as `service.version=1.2,team=a%2Cb`";
        let pairs = lists::pairs(&list)
            .ok_or_else(|| EnvironmentError::new(RESOURCE_ATTRIBUTES, &list, accepted))?;
        for (key, value) in pairs {
            resource.0.set(key, value);
        }
    }
    if let Some(name) = variables.text(SERVICE_NAME)? {
        resource.0.set("service.name", Value::from(name));
    }
    Ok(resource)
}

/// A number that is not 0.
fn quantity(variables: Variables<'_>, key: &'static str) -> Result<Option<u64>, EnvironmentError> {
    const ACCEPTED: &str = "a number above 0, such as 512";
    let number = variables.number(key, ACCEPTED)?;
    match number {
        Some(0) => Err(EnvironmentError::new(key, "0", ACCEPTED)),
        number => Ok(number),
    }
}

/// A number of milliseconds that is not 0.
fn interval(
    variables: Variables<'_>,
    key: &'static str,
) -> Result<Option<Duration>, EnvironmentError> {
    const ACCEPTED: &str = "a number of milliseconds from 1 to 86400000, such as 60000";
    match variables.number(key, ACCEPTED)? {
        Some(milliseconds) if !(1..=86_400_000).contains(&milliseconds) => {
            let value = milliseconds.to_string();
            Err(EnvironmentError::new(key, &value, ACCEPTED))
        }
        milliseconds => Ok(milliseconds.map(Duration::from_millis)),
    }
}

fn items(variables: Variables<'_>, key: &'static str) -> Result<Option<usize>, EnvironmentError> {
    let number = quantity(variables, key)?;
    Ok(number.map(|number| usize::try_from(number).unwrap_or(usize::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Environment, EnvironmentError> {
        Environment::read(|key| {
            let set = variables.iter().find(|(name, _)| *name == key);
            set.map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn every_variable_is_read() {
        let environment = read(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "HTTP/JSON"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20b"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "2500"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
            ("OTEL_EXPORTER_OTLP_CERTIFICATE", "ca.pem"),
            ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "client.pem"),
            ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "key.pem"),
            ("OTEL_EXPORTER_OTLP_INSECURE", "true"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces/spans"),
            ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "1"),
            ("OTEL_TRACES_EXPORTER", "none"),
            ("OTEL_METRICS_EXPORTER", "otlp,prometheus"),
            ("OTEL_LOGS_EXPORTER", "OTLP"),
            ("OTEL_SERVICE_NAME", "shop"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.name=other,team=a%2Cb"),
            ("OTEL_BSP_SCHEDULE_DELAY", "100"),
            ("OTEL_BSP_EXPORT_TIMEOUT", "200"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "300"),
            ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "40"),
            ("OTEL_BLRP_SCHEDULE_DELAY", "101"),
            ("OTEL_BLRP_EXPORT_TIMEOUT", "201"),
            ("OTEL_BLRP_MAX_QUEUE_SIZE", "301"),
            ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "41"),
            (METRIC_INTERVAL, "15000"),
            (METRIC_TIMEOUT, "5000"),
            (TEMPORALITY, "Delta"),
            (AGGREGATION, "base2_exponential_bucket_histogram"),
        ])
        .unwrap();
        let general = environment.general;
        assert_eq!(general.endpoint.as_deref(), Some("http://collector:4318"));
        assert_eq!(general.protocol, Some(Protocol::HttpJson));
        let header = ("api-key".to_owned(), "a b".to_owned());
        assert_eq!(general.headers, Some(vec![header]));
        assert_eq!(general.timeout, Some(Duration::from_millis(2500)));
        assert_eq!(general.compression, Some(Compression::Gzip));
        assert_eq!(general.certificate, Some("ca.pem".into()));
        assert_eq!(general.client_certificate, Some("client.pem".into()));
        assert_eq!(general.client_key, Some("key.pem".into()));
        assert_eq!(general.insecure, Some(true));
        let [traces, metrics, logs] = environment.signals;
        assert_eq!(traces.endpoint.as_deref(), Some("http://traces/spans"));
        assert_eq!(metrics.protocol, Some(Protocol::Grpc));
        assert_eq!(logs.timeout, Some(Duration::from_millis(1)));
        assert_eq!(environment.exported, [Some(false), Some(true), Some(true)]);
        assert_eq!(
            environment.resource.0.get("service.name"),
            Some(&Value::from("shop"))
        );
        assert_eq!(
            environment.resource.0.get("team"),
            Some(&Value::from("a,b"))
        );
        let batching = |more: u64| Batching {
            delay: Some(Duration::from_millis(100 + more)),
            timeout: Some(Duration::from_millis(200 + more)),
            queue: Some(300 + more),
            batch: Some(40 + more as usize),
        };
        assert_eq!(environment.spans, batching(0));
        assert_eq!(environment.log_records, batching(1));
        assert_eq!(environment.metric_interval, Some(Duration::from_secs(15)));
        assert_eq!(environment.metric_timeout, Some(Duration::from_secs(5)));
        assert_eq!(environment.temporality, Some(Temporality::Delta));
        assert_eq!(
            environment.histograms,
            Some(HistogramAggregation::Exponential)
        );
    }

    #[test]
    fn a_value_that_no_enumeration_knows_is_as_if_it_was_not_set() {
        let environment = read(&[
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "thrift"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "lz4"),
            ("OTEL_TRACES_EXPORTER", "zipkin"),
            ("OTEL_METRICS_EXPORTER", "console,none"),
            (TEMPORALITY, "yesterday"),
            (AGGREGATION, ""),
        ])
        .unwrap();
        assert_eq!(environment.general.protocol, None);
        assert_eq!(environment.general.compression, None);
        assert_eq!(environment.exported, [None, Some(false), None]);
        assert_eq!(environment.temporality, None);
        assert_eq!(environment.histograms, None);
    }

    #[test]
    fn a_bad_value_is_an_error_that_names_key_value_and_accepted_form() {
        for (key, value, accepted) in [
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "milliseconds"),
            ("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "-1", "milliseconds"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "0", "a number above 0"),
            (
                "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE",
                "many",
                "a number above 0",
            ),
            (METRIC_INTERVAL, "1e3", "milliseconds"),
            (METRIC_INTERVAL, "0", "from 1 to 86400000"),
            (RESOURCE_ATTRIBUTES, "team", "keys and values"),
        ] {
            let error = read(&[(key, value)]).unwrap_err();
            assert_eq!((error.key, &*error.value), (key, &*format!("{value:?}")));
            assert!(error.to_string().contains(accepted), "{error}");
        }
    }

    #[test]
    fn headers_are_never_shown() {
        let key = "OTEL_EXPORTER_OTLP_METRICS_HEADERS";
        let error = read(&[(key, "api-key=hunter2,hunter2")]).unwrap_err();
        assert_eq!(error.key, key);
        assert!(!error.to_string().contains("hunter2"), "{error}");
        let environment = read(&[(key, "api-key=hunter2")]).unwrap();
        let shown = format!("{environment:?}");
        assert!(
            shown.contains("api-key") && !shown.contains("hunter2"),
            "{shown}"
        );
    }
}
