use std::{borrow::Cow, time::SystemTime};

use opentelemetry::{
    InstrumentationScope, Key, SpanId, TraceFlags, TraceId,
    logs::{self, AnyValue, Severity},
};
use steeple_metrics::protobuf::{
    push_bytes, push_fixed32, push_fixed64, push_nested, push_string, push_unsigned,
};

use super::{key_value::push_any, scope::push_scope};
use crate::{
    encoded::Encoded,
    fields::{envelope, log_record},
    time::unix_nanos,
    value::push_key_value,
};

/// A log record of a [`Logger`](super::Logger), which is encoded as it is told.
#[derive(Clone, Debug, Default)]
pub struct LogRecord {
    fields: Vec<u8>,
    target: Option<Cow<'static, str>>,
    observed: Option<SystemTime>,
    has_trace: bool,
}

impl LogRecord {
    /// Whether it knows the span that it happened in.
    pub(super) fn has_trace(&self) -> bool {
        self.has_trace
    }

    pub(super) fn encode(self, scope: &InstrumentationScope) -> Encoded {
        let mut fields = self.fields;
        let observed = self.observed.unwrap_or_else(SystemTime::now);
        push_fixed64(&mut fields, log_record::OBSERVED_TIME, unix_nanos(observed));
        let name = self.target.as_deref().unwrap_or(scope.name());
        push_scope(&mut fields, log_record::ATTRIBUTES, name, scope.version());
        let mut bytes = Vec::with_capacity(fields.len() + 8);
        push_bytes(&mut bytes, envelope::ITEMS, &fields);
        Encoded { bytes, count: 1 }
    }
}

impl logs::LogRecord for LogRecord {
    fn set_event_name(&mut self, name: &'static str) {
        push_string(&mut self.fields, log_record::EVENT_NAME, name);
    }

    fn set_target<T: Into<Cow<'static, str>>>(&mut self, target: T) {
        self.target = Some(target.into());
    }

    fn set_timestamp(&mut self, timestamp: SystemTime) {
        push_fixed64(&mut self.fields, log_record::TIME, unix_nanos(timestamp));
    }

    fn set_observed_timestamp(&mut self, timestamp: SystemTime) {
        self.observed = Some(timestamp);
    }

    fn set_severity_text(&mut self, text: &'static str) {
        push_string(&mut self.fields, log_record::SEVERITY_TEXT, text);
    }

    fn set_severity_number(&mut self, number: Severity) {
        push_unsigned(&mut self.fields, log_record::SEVERITY_NUMBER, number as u64);
    }

    fn set_body(&mut self, body: AnyValue) {
        push_nested(&mut self.fields, log_record::BODY, |message| {
            push_any(message, &body);
        });
    }

    fn add_attributes<I, K, V>(&mut self, attributes: I)
    where
        I: IntoIterator<Item = (K, V)>,
        K: Into<Key>,
        V: Into<AnyValue>,
    {
        for (key, value) in attributes {
            self.add_attribute(key, value);
        }
    }

    fn add_attribute<K: Into<Key>, V: Into<AnyValue>>(&mut self, key: K, value: V) {
        let (key, value) = (key.into(), value.into());
        let fields = &mut self.fields;
        push_key_value(fields, log_record::ATTRIBUTES, key.as_str(), |message| {
            push_any(message, &value);
        });
    }

    fn set_trace_context(&mut self, trace_id: TraceId, span_id: SpanId, flags: Option<TraceFlags>) {
        self.has_trace = true;
        let fields = &mut self.fields;
        push_bytes(fields, log_record::TRACE_ID, &trace_id.to_bytes());
        push_bytes(fields, log_record::SPAN_ID, &span_id.to_bytes());
        let flags = flags.unwrap_or_default().to_u8();
        push_fixed32(fields, log_record::FLAGS, flags.into());
    }
}
