use std::{borrow::Cow, time::SystemTime};

use steeple_metrics::protobuf::{
    push_bytes, push_fixed32, push_fixed64, push_nested, push_string, push_unsigned,
};

use super::Severity;
use crate::{
    Value,
    attributes::Attributes,
    encoded::Encoded,
    fields::{envelope, log_record},
    time::unix_nanos,
};

/// One [log record](https://opentelemetry.io/docs/specs/otel/logs/data-model/).
///
/// ```
/// use steeple_otlp::{LogRecord, Severity};
///
/// let record = LogRecord::new(Severity::Warn, "disk is nearly full")
///     .attribute("disk.device", "sda1")
///     .attribute("disk.free_bytes", 4096_i64);
/// # let _ = record;
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "it goes nowhere until it is emitted"]
pub struct LogRecord {
    time: Option<SystemTime>,
    observed: SystemTime,
    severity: Severity,
    severity_text: Cow<'static, str>,
    body: Value,
    attributes: Attributes,
    trace: Option<([u8; 16], [u8; 8], u8)>,
    event_name: Option<Cow<'static, str>>,
}

impl LogRecord {
    /// A record of what happened now.
    pub fn new(severity: Severity, body: impl Into<Value>) -> Self {
        let now = SystemTime::now();
        Self {
            time: Some(now),
            observed: now,
            severity,
            severity_text: severity.as_str().into(),
            body: body.into(),
            attributes: Attributes::default(),
            trace: None,
            event_name: None,
        }
    }

    /// When it happened, or `None` if that is not known. Default: when the record was made, which is when it was observed.
    pub fn time(mut self, time: Option<SystemTime>) -> Self {
        self.time = time;
        self
    }

    /// What its source calls the severity. Default: [`Severity::as_str`].
    pub fn severity_text(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.severity_text = text.into();
        self
    }

    /// Something else that is known of it, instead of what was said under this key before. Default: nothing.
    pub fn attribute(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {
        self.attributes.set(key, value);
        self
    }

    /// The span that it happened in: the ids, and the [trace
    /// flags](https://www.w3.org/TR/trace-context-2/#trace-flags). Default: none.
    pub fn trace(mut self, trace_id: [u8; 16], span_id: [u8; 8], flags: u8) -> Self {
        self.trace = Some((trace_id, span_id, flags));
        self
    }

    /// The name of the [event](https://opentelemetry.io/docs/specs/otel/logs/data-model/#events) that it is. Default: it is
    /// none.
    pub fn event_name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.event_name = Some(name.into());
        self
    }

    pub(super) fn encode(&self) -> Encoded {
        let mut bytes = Vec::with_capacity(256);
        push_nested(&mut bytes, envelope::ITEMS, |message| self.push(message));
        // What is free would count as used as long as the record waits.
        bytes.shrink_to_fit();
        Encoded { bytes, count: 1 }
    }

    fn push(&self, message: &mut Vec<u8>) {
        if let Some(time) = self.time {
            push_fixed64(message, log_record::TIME, unix_nanos(time));
        }
        push_unsigned(message, log_record::SEVERITY_NUMBER, self.severity as u64);
        push_string(message, log_record::SEVERITY_TEXT, &self.severity_text);
        push_nested(message, log_record::BODY, |body| self.body.encode(body));
        self.attributes.encode(message, log_record::ATTRIBUTES);
        if let Some((trace_id, span_id, flags)) = &self.trace {
            push_fixed32(message, log_record::FLAGS, u32::from(*flags));
            push_bytes(message, log_record::TRACE_ID, trace_id);
            push_bytes(message, log_record::SPAN_ID, span_id);
        }
        push_fixed64(
            message,
            log_record::OBSERVED_TIME,
            unix_nanos(self.observed),
        );
        if let Some(name) = &self.event_name {
            push_string(message, log_record::EVENT_NAME, name);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use opentelemetry_proto::tonic::{
        common::v1::{AnyValue, any_value::Value as Any},
        logs::v1::ScopeLogs,
    };
    use proptest::prelude::*;
    use prost::Message as _;

    use super::*;

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<String>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 20, 5, |inner| {
            let pairs =
                prop::collection::vec((any::<String>().prop_map(Cow::from), inner.clone()), 0..5);
            prop_oneof![
                prop::collection::vec(inner, 0..5).prop_map(Value::List),
                pairs.prop_map(Value::Map),
            ]
        })
    }

    /// The value as it was before it was encoded.
    fn read(value: Option<AnyValue>) -> Value {
        match value.and_then(|value| value.value).unwrap() {
            Any::StringValue(text) => text.into(),
            Any::BoolValue(value) => value.into(),
            Any::IntValue(value) => value.into(),
            Any::DoubleValue(value) => value.into(),
            Any::ArrayValue(list) => Value::List(
                list.values
                    .into_iter()
                    .map(|value| read(Some(value)))
                    .collect(),
            ),
            Any::KvlistValue(map) => {
                let pairs = map.values.into_iter();
                Value::Map(
                    pairs
                        .map(|pair| (pair.key.into(), read(pair.value)))
                        .collect(),
                )
            }
            other => panic!("{other:?}"),
        }
    }

    proptest! {
        #[test]
        fn records_read_back_as_what_they_are(
            body in values(), key in any::<String>(), value in values(), trace_id: [u8; 16], span_id: [u8; 8],
            flags: u8, seconds in 0..1_u64 << 32,
        ) {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            let record = LogRecord::new(Severity::Fatal, body.clone())
                .time(Some(time))
                .attribute(key.clone(), value.clone())
                .trace(trace_id, span_id, flags);
            let encoded = record.encode();
            prop_assert_eq!(encoded.count, 1);
            let scope = ScopeLogs::decode(&*encoded.bytes).unwrap();
            let [decoded] = <[_; 1]>::try_from(scope.log_records).unwrap();
            // As texts, for no NaN is the same as another.
            prop_assert_eq!(format!("{:?}", read(decoded.body)), format!("{body:?}"));
            let [attribute] = <[_; 1]>::try_from(decoded.attributes).unwrap();
            prop_assert_eq!(attribute.key, key);
            prop_assert_eq!(format!("{:?}", read(attribute.value)), format!("{value:?}"));
            prop_assert_eq!(decoded.trace_id, trace_id);
            prop_assert_eq!(decoded.span_id, span_id);
            prop_assert_eq!(decoded.flags, u32::from(flags));
            prop_assert_eq!(decoded.time_unix_nano, seconds * 1_000_000_000);
            prop_assert_eq!(decoded.severity_number, 21);
        }
    }
}
