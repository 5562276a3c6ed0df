use std::{
    fmt::Display,
    io::{self, Write as _},
    iter,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use steeple_client::protobuf::{Content, Fields};

use super::schema::{self, Schema, Type};
use crate::Signal;

/// The JSON of an export request that is encoded as protobuf.
pub(crate) fn request(signal: Signal, message: &[u8]) -> io::Result<Vec<u8>> {
    let schema = match signal {
        Signal::Traces => &schema::TRACES,
        Signal::Metrics => &schema::METRICS,
        Signal::Logs => &schema::LOGS,
    };
    let mut json = Vec::with_capacity(2 * message.len());
    push_message(&mut json, schema, message)?;
    Ok(json)
}

fn push_message(json: &mut Vec<u8>, schema: &Schema, message: &[u8]) -> io::Result<()> {
    json.push(b'{');
    let mut separator = "";
    for field in schema.0 {
        let contents = Fields::of(message).filter(|(number, _)| *number == field.number);
        let mut contents = contents.map(|(_, content)| content).peekable();
        if contents.peek().is_none() {
            continue;
        }
        json.extend_from_slice(separator.as_bytes());
        separator = ",";
        push_text(json, field.name)?;
        json.push(b':');
        if field.is_repeated {
            push_list(json, contents, |json, content| {
                push(json, field.of, content)
            })?;
        } else if let Some(last) = contents.last() {
            push(json, field.of, last)?;
        }
    }
    json.push(b'}');
    Ok(())
}

fn push(json: &mut Vec<u8>, of: Type, content: Content<'_>) -> io::Result<()> {
    match (of, content) {
        (Type::Message(schema), Content::Bytes(message)) => push_message(json, schema, message),
        (Type::Text, Content::Bytes(text)) => push_text(json, &String::from_utf8_lossy(text)),
        (Type::Hex, Content::Bytes(id)) => {
            let digits: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
            push_text(json, &digits)
        }
        (Type::Base64, Content::Bytes(bytes)) => push_text(json, &BASE64_STANDARD.encode(bytes)),
        (Type::Bool, Content::Varint(value)) => push_plain(json, value != 0),
        (Type::Int, Content::Varint(value)) => push_plain(json, value),
        (Type::Int, Content::Fixed32(value)) => push_plain(json, value),
        (Type::ZigZag, Content::Varint(value)) => {
            push_plain(json, (value >> 1) as i64 ^ -((value & 1) as i64))
        }
        (Type::Long, Content::Fixed64(value)) => push_text(json, &value.to_string()),
        (Type::SignedLong, Content::Varint(bits) | Content::Fixed64(bits)) => {
            push_text(json, &(bits as i64).to_string())
        }
        (Type::Double, Content::Fixed64(bits)) => push_double(json, f64::from_bits(bits)),
        (Type::PackedLongs, Content::Bytes(packed)) => {
            let mut packed = Fields::of(packed);
            let values = iter::from_fn(|| packed.array().map(u64::from_le_bytes));
            push_list(json, values, |json, value| {
                push_text(json, &value.to_string())
            })
        }
        (Type::PackedVarints, Content::Bytes(packed)) => {
            let mut packed = Fields::of(packed);
            let values = iter::from_fn(|| packed.varint());
            push_list(json, values, |json, value| {
                push_text(json, &value.to_string())
            })
        }
        (Type::PackedDoubles, Content::Bytes(packed)) => {
            let mut packed = Fields::of(packed);
            let values = iter::from_fn(|| packed.array().map(f64::from_le_bytes));
            push_list(json, values, push_double)
        }
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "a field is not of the type that it has in the schema",
        )),
    }
}

fn push_list<T>(
    json: &mut Vec<u8>,
    values: impl Iterator<Item = T>,
    mut push: impl FnMut(&mut Vec<u8>, T) -> io::Result<()>,
) -> io::Result<()> {
    json.push(b'[');
    for (position, value) in values.enumerate() {
        if position > 0 {
            json.push(b',');
        }
        push(json, value)?;
    }
    json.push(b']');
    Ok(())
}

/// As the [mapping of protocol buffers](https://protobuf.dev/programming-guides/json/) has numbers that JSON has none for.
fn push_double(json: &mut Vec<u8>, value: f64) -> io::Result<()> {
    if value.is_finite() {
        serde_json::to_writer(json, &value).map_err(Into::into)
    } else if value.is_nan() {
        push_text(json, "NaN")
    } else {
        push_text(json, if value > 0.0 { "Infinity" } else { "-Infinity" })
    }
}

fn push_text(json: &mut Vec<u8>, text: &str) -> io::Result<()> {
    serde_json::to_writer(json, text).map_err(Into::into)
}

fn push_plain(json: &mut Vec<u8>, value: impl Display) -> io::Result<()> {
    write!(json, "{value}")
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::{
        collector::{
            logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
            trace::v1::ExportTraceServiceRequest,
        },
        common::v1::{
            AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
            any_value::Value as Any,
        },
        logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
        metrics::v1::{
            Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
            HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
            Summary, SummaryDataPoint, exemplar, exponential_histogram_data_point::Buckets,
            metric::Data, number_data_point, summary_data_point::ValueAtQuantile,
        },
        resource::v1::Resource,
        trace::v1::{
            ResourceSpans, ScopeSpans, Span, Status,
            span::{Event, Link},
        },
    };
    use prost::Message;
    use serde::de::DeserializeOwned;

    use super::*;

    /// Reads back what is written, with OpenTelemetry's own types.
    fn read<M: Message + DeserializeOwned>(signal: Signal, message: &M) -> M {
        let json = request(signal, &message.encode_to_vec()).unwrap();
        serde_json::from_slice(&json)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&json)))
    }

    fn attributes() -> Vec<KeyValue> {
        let any = |value| AnyValue { value: Some(value) };
        let list = vec![
            any(Any::BoolValue(true)),
            any(Any::DoubleValue(1e300)),
            any(Any::IntValue(i64::MIN)),
        ];
        let pair = |key: &str, value| KeyValue {
            key: key.to_owned(),
            value: Some(any(value)),
            ..KeyValue::default()
        };
        let list = Any::ArrayValue(ArrayValue { values: list });
        let map = Any::KvlistValue(KeyValueList {
            values: vec![pair(
                "\"\\\n\u{7f}",
                Any::StringValue("\u{1f600}".to_owned()),
            )],
        });
        vec![pair("list", list), pair("map", map)]
    }

    fn resource() -> Option<Resource> {
        Some(Resource {
            attributes: attributes(),
            dropped_attributes_count: 1,
            ..Resource::default()
        })
    }

    fn scope() -> Option<InstrumentationScope> {
        Some(InstrumentationScope {
            name: "name".to_owned(),
            version: "version".to_owned(),
            attributes: attributes(),
            dropped_attributes_count: 2,
        })
    }

    #[test]
    fn no_field_of_a_span_is_lost() {
        let event = Event {
            time_unix_nano: u64::MAX,
            name: "event".to_owned(),
            attributes: attributes(),
            dropped_attributes_count: 3,
        };
        let link = Link {
            trace_id: vec![1; 16],
            span_id: vec![0xab; 8],
            trace_state: "a=1".to_owned(),
            attributes: attributes(),
            dropped_attributes_count: 4,
            flags: 0x301,
        };
        let span = Span {
            trace_id: vec![0xcd; 16],
            span_id: vec![3; 8],
            trace_state: "b=2".to_owned(),
            parent_span_id: vec![4; 8],
            flags: 0x101,
            name: "span".to_owned(),
            kind: 3,
            start_time_unix_nano: 1 << 60,
            end_time_unix_nano: 1 << 61,
            attributes: attributes(),
            dropped_attributes_count: 5,
            events: vec![event.clone(), event],
            dropped_events_count: 6,
            links: vec![link],
            dropped_links_count: 7,
            status: Some(Status {
                message: "status".to_owned(),
                code: 2,
            }),
        };
        let message = ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans {
                resource: resource(),
                scope_spans: vec![ScopeSpans {
                    scope: scope(),
                    spans: vec![span, Span::default()],
                    schema_url: "scope".to_owned(),
                }],
                schema_url: "resource".to_owned(),
            }],
        };
        assert_eq!(read(Signal::Traces, &message), message);
    }

    #[test]
    fn no_field_of_a_log_record_is_lost() {
        let record = LogRecord {
            time_unix_nano: 1,
            observed_time_unix_nano: 2,
            severity_number: 17,
            severity_text: "ERROR".to_owned(),
            body: attributes()[1].value.clone(),
            attributes: attributes(),
            dropped_attributes_count: 8,
            flags: 1,
            trace_id: vec![5; 16],
            span_id: vec![6; 8],
            event_name: "event".to_owned(),
        };
        let message = ExportLogsServiceRequest {
            resource_logs: vec![ResourceLogs {
                resource: resource(),
                scope_logs: vec![ScopeLogs {
                    scope: scope(),
                    log_records: vec![record],
                    schema_url: "scope".to_owned(),
                }],
                schema_url: "resource".to_owned(),
            }],
        };
        assert_eq!(read(Signal::Logs, &message), message);
    }

    #[test]
    fn no_field_of_a_metric_is_lost() {
        let exemplar = |value| Exemplar {
            filtered_attributes: attributes(),
            time_unix_nano: 3,
            span_id: vec![7; 8],
            trace_id: vec![8; 16],
            value: Some(value),
        };
        let number = |value| NumberDataPoint {
            attributes: attributes(),
            start_time_unix_nano: 4,
            time_unix_nano: 5,
            exemplars: vec![
                exemplar(exemplar::Value::AsDouble(0.1)),
                exemplar(exemplar::Value::AsInt(-1)),
            ],
            flags: 1,
            value: Some(value),
        };
        let histogram = HistogramDataPoint {
            attributes: attributes(),
            start_time_unix_nano: 6,
            time_unix_nano: 7,
            count: u64::MAX,
            sum: Some(0.3),
            bucket_counts: vec![0, u64::MAX, 1],
            explicit_bounds: vec![-0.5, 1e-300],
            exemplars: vec![exemplar(exemplar::Value::AsDouble(-0.0))],
            flags: 1,
            min: Some(-1.0),
            max: Some(2.0),
        };
        let buckets = |offset| Buckets {
            offset,
            bucket_counts: vec![1, 0, u64::MAX],
        };
        let exponential = ExponentialHistogramDataPoint {
            attributes: attributes(),
            start_time_unix_nano: 8,
            time_unix_nano: 9,
            count: 10,
            sum: Some(0.7),
            scale: -4,
            zero_count: 11,
            positive: Some(buckets(-200)),
            negative: Some(buckets(300)),
            flags: 1,
            exemplars: vec![exemplar(exemplar::Value::AsDouble(1.0))],
            min: Some(-3.0),
            max: Some(4.0),
            zero_threshold: 1e-9,
        };
        let summary = SummaryDataPoint {
            attributes: attributes(),
            start_time_unix_nano: 12,
            time_unix_nano: 13,
            count: 14,
            sum: 15.5,
            quantile_values: vec![ValueAtQuantile {
                quantile: 0.99,
                value: 16.5,
            }],
            flags: 1,
        };
        let numbers = vec![
            number(number_data_point::Value::AsDouble(1.5)),
            number(number_data_point::Value::AsInt(i64::MIN)),
        ];
        let data = [
            Data::Gauge(Gauge {
                data_points: numbers.clone(),
            }),
            Data::Sum(Sum {
                data_points: numbers,
                aggregation_temporality: 2,
                is_monotonic: true,
            }),
            Data::Histogram(Histogram {
                data_points: vec![histogram],
                aggregation_temporality: 1,
            }),
            Data::ExponentialHistogram(ExponentialHistogram {
                data_points: vec![exponential],
                aggregation_temporality: 2,
            }),
            Data::Summary(Summary {
                data_points: vec![summary],
            }),
        ];
        let metrics = data.map(|data| Metric {
            name: "name".to_owned(),
            description: "description".to_owned(),
            unit: "By".to_owned(),
            data: Some(data),
            ..Metric::default()
        });
        let message = ExportMetricsServiceRequest {
            resource_metrics: vec![ResourceMetrics {
                resource: resource(),
                scope_metrics: vec![ScopeMetrics {
                    scope: scope(),
                    metrics: metrics.to_vec(),
                    schema_url: "scope".to_owned(),
                }],
                schema_url: "resource".to_owned(),
            }],
        };
        assert_eq!(read(Signal::Metrics, &message), message);
    }

    #[test]
    fn counts_are_written_as_by_protobuf_itself() {
        let point = HistogramDataPoint {
            time_unix_nano: 7,
            count: 1,
            sum: Some(0.1),
            bucket_counts: vec![0, 1],
            explicit_bounds: vec![0.5],
            ..HistogramDataPoint::default()
        };
        let mut json = Vec::new();
        push_message(&mut json, &schema::HISTOGRAM_POINT, &point.encode_to_vec()).unwrap();
        // What Google's implementation for Python makes of it.
        let expected = r#"{"timeUnixNano":"7","count":"1","sum":0.1,"bucketCounts":["0","1"],"explicitBounds":[0.5]}"#;
        assert_eq!(str::from_utf8(&json), Ok(expected));
    }

    #[test]
    fn what_json_has_no_number_for_is_a_text() {
        let written = |value| {
            let mut json = Vec::new();
            push_double(&mut json, value).unwrap();
            String::from_utf8(json).unwrap()
        };
        let values = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.1];
        let texts = [r#""NaN""#, r#""Infinity""#, r#""-Infinity""#, "-0.1"];
        assert_eq!(values.map(written), texts);
    }

    #[test]
    fn ids_are_hexadecimal_and_long_numbers_texts() {
        let mut message = Vec::new();
        let record = LogRecord {
            time_unix_nano: u64::MAX,
            trace_id: vec![0xab; 16],
            severity_number: 9,
            ..LogRecord::default()
        };
        ExportLogsServiceRequest {
            resource_logs: vec![ResourceLogs {
                scope_logs: vec![ScopeLogs {
                    log_records: vec![record],
                    ..ScopeLogs::default()
                }],
                ..ResourceLogs::default()
            }],
        }
        .encode(&mut message)
        .unwrap();
        let json = request(Signal::Logs, &message).unwrap();
        assert_eq!(
            String::from_utf8(json).unwrap(),
            concat!(
                r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"#,
                r#""timeUnixNano":"18446744073709551615","severityNumber":9,"#,
                r#""traceId":"abababababababababababababababab"}]}]}]}"#
            )
        );
    }
}
