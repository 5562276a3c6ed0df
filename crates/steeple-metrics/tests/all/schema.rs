//! The part of
//! [`io.prometheus.client`](https://github.com/prometheus/client_model/blob/v0.6.2/io/prometheus/client/metrics.proto)
//! that the registry writes, for reading it back.

use std::collections::BTreeMap;

use prost::Message;

use crate::parser::{self, Family, Labels};

#[derive(Clone, PartialEq, Message)]
pub(crate) struct MetricFamily {
    #[prost(string, optional, tag = "1")]
    pub(crate) name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) help: Option<String>,
    #[prost(enumeration = "MetricType", optional, tag = "3")]
    pub(crate) r#type: Option<i32>,
    #[prost(message, repeated, tag = "4")]
    pub(crate) metric: Vec<Metric>,
    #[prost(string, optional, tag = "5")]
    pub(crate) unit: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
pub(crate) enum MetricType {
    Counter = 0,
    Gauge = 1,
    Summary = 2,
    Untyped = 3,
    Histogram = 4,
    GaugeHistogram = 5,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Metric {
    #[prost(message, repeated, tag = "1")]
    pub(crate) label: Vec<LabelPair>,
    #[prost(message, optional, tag = "2")]
    pub(crate) gauge: Option<Gauge>,
    #[prost(message, optional, tag = "3")]
    pub(crate) counter: Option<Counter>,
    #[prost(message, optional, tag = "4")]
    pub(crate) summary: Option<Summary>,
    #[prost(message, optional, tag = "7")]
    pub(crate) histogram: Option<Histogram>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct LabelPair {
    #[prost(string, optional, tag = "1")]
    pub(crate) name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) value: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Gauge {
    #[prost(double, optional, tag = "1")]
    pub(crate) value: Option<f64>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Counter {
    #[prost(double, optional, tag = "1")]
    pub(crate) value: Option<f64>,
    #[prost(message, optional, tag = "3")]
    pub(crate) created_timestamp: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Summary {
    #[prost(uint64, optional, tag = "1")]
    pub(crate) sample_count: Option<u64>,
    #[prost(double, optional, tag = "2")]
    pub(crate) sample_sum: Option<f64>,
    #[prost(message, repeated, tag = "3")]
    pub(crate) quantile: Vec<Quantile>,
    #[prost(message, optional, tag = "4")]
    pub(crate) created_timestamp: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Quantile {
    #[prost(double, optional, tag = "1")]
    pub(crate) quantile: Option<f64>,
    #[prost(double, optional, tag = "2")]
    pub(crate) value: Option<f64>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Histogram {
    #[prost(uint64, optional, tag = "1")]
    pub(crate) sample_count: Option<u64>,
    #[prost(double, optional, tag = "2")]
    pub(crate) sample_sum: Option<f64>,
    #[prost(message, repeated, tag = "3")]
    pub(crate) bucket: Vec<Bucket>,
    #[prost(sint32, optional, tag = "5")]
    pub(crate) schema: Option<i32>,
    #[prost(double, optional, tag = "6")]
    pub(crate) zero_threshold: Option<f64>,
    #[prost(uint64, optional, tag = "7")]
    pub(crate) zero_count: Option<u64>,
    #[prost(message, repeated, tag = "9")]
    pub(crate) negative_span: Vec<BucketSpan>,
    #[prost(sint64, repeated, tag = "10")]
    pub(crate) negative_delta: Vec<i64>,
    #[prost(message, repeated, tag = "12")]
    pub(crate) positive_span: Vec<BucketSpan>,
    #[prost(sint64, repeated, tag = "13")]
    pub(crate) positive_delta: Vec<i64>,
    #[prost(message, optional, tag = "15")]
    pub(crate) created_timestamp: Option<Timestamp>,
    #[prost(message, repeated, tag = "16")]
    pub(crate) exemplars: Vec<Exemplar>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Bucket {
    #[prost(uint64, optional, tag = "1")]
    pub(crate) cumulative_count: Option<u64>,
    #[prost(double, optional, tag = "2")]
    pub(crate) upper_bound: Option<f64>,
    #[prost(message, optional, tag = "3")]
    pub(crate) exemplar: Option<Exemplar>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct BucketSpan {
    #[prost(sint32, optional, tag = "1")]
    pub(crate) offset: Option<i32>,
    #[prost(uint32, optional, tag = "2")]
    pub(crate) length: Option<u32>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Exemplar {
    #[prost(message, repeated, tag = "1")]
    pub(crate) label: Vec<LabelPair>,
    #[prost(double, optional, tag = "2")]
    pub(crate) value: Option<f64>,
    #[prost(message, optional, tag = "3")]
    pub(crate) timestamp: Option<Timestamp>,
}

/// `google.protobuf.Timestamp`
#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct Timestamp {
    #[prost(int64, tag = "1")]
    pub(crate) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(crate) nanos: i32,
}

/// The messages, each of which stands after its length.
pub(crate) fn decode(mut bytes: &[u8]) -> Vec<MetricFamily> {
    let mut families = Vec::new();
    while !bytes.is_empty() {
        families.push(MetricFamily::decode_length_delimited(&mut bytes).expect("a whole message"));
    }
    families
}

/// The messages as the text formats would have them, so that they can be compared.
pub(crate) fn families(bytes: &[u8]) -> BTreeMap<String, Family> {
    let mut families = BTreeMap::new();
    for message in decode(bytes) {
        let mut family = Family {
            kind: format!("{:?}", message.r#type()).to_ascii_lowercase(),
            help: message.help.clone(),
            unit: message.unit.clone(),
            ..Family::default()
        };
        for metric in &message.metric {
            metric.push_samples(message.name(), &mut family);
        }
        assert!(!family.samples.is_empty());
        let known = families.insert(message.name().to_owned(), family);
        assert!(known.is_none(), "{} is there twice", message.name());
    }
    families
}

impl Metric {
    fn push_samples(&self, name: &str, family: &mut Family) {
        let labels = labels(&self.label);
        let mut push = |suffix: &str, labels: &Labels, value: f64| {
            let name = format!("{name}{suffix}");
            let repeated = family
                .samples
                .iter()
                .any(|sample| (&sample.0, &sample.1) == (&name, labels));
            assert!(!repeated, "{name} {labels:?} is there twice");
            family.samples.push((name, labels.clone(), value));
        };
        match (&self.counter, &self.gauge, &self.histogram) {
            (Some(counter), None, None) => push("", &labels, counter.value()),
            (None, Some(gauge), None) => push("", &labels, gauge.value()),
            (None, None, Some(histogram)) => {
                for bucket in &histogram.bucket {
                    let le = le(bucket.upper_bound());
                    let with_le = labels.clone().into_iter().chain([("le".to_owned(), le)]);
                    push(
                        "_bucket",
                        &with_le.collect(),
                        bucket.cumulative_count() as f64,
                    );
                }
                push("_sum", &labels, histogram.sample_sum());
                push("_count", &labels, histogram.sample_count() as f64);
                family.exemplars.extend(histogram.exemplars());
            }
            other => panic!("{other:?} is not one value"),
        }
    }
}

impl Histogram {
    fn exemplars(&self) -> impl Iterator<Item = parser::Exemplar> {
        self.bucket.iter().filter_map(|bucket| {
            let exemplar = bucket.exemplar.as_ref()?;
            let at = exemplar.timestamp.expect("it has a time");
            Some(parser::Exemplar {
                le: le(bucket.upper_bound()),
                labels: labels(&exemplar.label),
                value: exemplar.value(),
                // As exact as texts are.
                at: at.seconds as f64 + f64::from(at.nanos / 1_000_000) / 1e3,
            })
        })
    }
}

fn le(bound: f64) -> String {
    if bound == f64::INFINITY {
        "+Inf".to_owned()
    } else {
        bound.to_string()
    }
}

fn labels(pairs: &[LabelPair]) -> Labels {
    let labels: Labels = pairs
        .iter()
        .map(|pair| (pair.name().to_owned(), pair.value().to_owned()))
        .collect();
    assert_eq!(labels.len(), pairs.len(), "a label is there twice");
    labels
}
