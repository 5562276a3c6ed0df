//! The attributes of the API.

use opentelemetry::{Array, KeyValue, Value, logs::AnyValue};
use steeple_metrics::protobuf::{push_bytes, push_double, push_nested, push_string, push_unsigned};

use crate::{
    fields::any_value,
    value::{
        push_boolean_attribute, push_float_attribute, push_integer_attribute, push_key_value,
        push_text_attribute,
    },
};

/// Writes a field that is a `KeyValue`.
pub(super) fn push_pair(message: &mut Vec<u8>, field: u32, pair: &KeyValue) {
    let key = pair.key.as_str();
    match &pair.value {
        Value::Bool(value) => push_boolean_attribute(message, field, key, *value),
        Value::I64(value) => push_integer_attribute(message, field, key, *value),
        Value::F64(value) => push_float_attribute(message, field, key, *value),
        Value::String(value) => push_text_attribute(message, field, key, value.as_str()),
        Value::Array(values) => push_key_value(message, field, key, |message| {
            push_nested(message, any_value::ARRAY, |list| push_array(list, values));
        }),
        // What a later version of the API may add.
        other => push_text_attribute(message, field, key, &other.as_str()),
    }
}

/// Writes the fields of an `AnyValue`.
pub(super) fn push_any(message: &mut Vec<u8>, value: &AnyValue) {
    match value {
        AnyValue::Int(value) => push_unsigned(message, any_value::INT, *value as u64),
        AnyValue::Double(value) => push_double(message, any_value::DOUBLE, *value),
        AnyValue::String(value) => push_string(message, any_value::STRING, value.as_str()),
        AnyValue::Boolean(value) => push_unsigned(message, any_value::BOOL, u64::from(*value)),
        AnyValue::Bytes(value) => push_bytes(message, any_value::BYTES, value),
        AnyValue::ListAny(values) => push_nested(message, any_value::ARRAY, |list| {
            push_values(list, values, push_any);
        }),
        AnyValue::Map(pairs) => push_nested(message, any_value::KEY_VALUES, |map| {
            for (key, value) in pairs.iter() {
                push_key_value(map, any_value::VALUES, key.as_str(), |message| {
                    push_any(message, value);
                });
            }
        }),
        other => push_string(message, any_value::STRING, &format!("{other:?}")),
    }
}

fn push_array(list: &mut Vec<u8>, values: &Array) {
    match values {
        Array::Bool(values) => push_values(list, values, |message, value| {
            push_unsigned(message, any_value::BOOL, u64::from(*value));
        }),
        Array::I64(values) => push_values(list, values, |message, value| {
            push_unsigned(message, any_value::INT, *value as u64);
        }),
        Array::F64(values) => push_values(list, values, |message, value| {
            push_double(message, any_value::DOUBLE, *value);
        }),
        Array::String(values) => push_values(list, values, |message, value| {
            push_string(message, any_value::STRING, value.as_str());
        }),
        other => push_values(list, &[other], |message, value| {
            push_string(message, any_value::STRING, &value.to_string());
        }),
    }
}

fn push_values<T>(list: &mut Vec<u8>, values: &[T], push: impl Fn(&mut Vec<u8>, &T)) {
    for value in values {
        push_nested(list, any_value::VALUES, |message| push(message, value));
    }
}
