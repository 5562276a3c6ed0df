use std::borrow::Cow;

use steeple_metrics::protobuf::{push_double, push_nested, push_string, push_unsigned};

use crate::fields::{any_value, key_value};

/// The value of an attribute, or the body of a log record, as
/// [OpenTelemetry](https://opentelemetry.io/docs/specs/otel/common/#anyvalue) has them.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A text.
    Text(Cow<'static, str>),
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Float(f64),
    /// Values in an order.
    List(Vec<Value>),
    /// Values by name.
    Map(Vec<(Cow<'static, str>, Value)>),
}

impl Value {
    /// Writes the fields of an `AnyValue`.
    pub(crate) fn encode(&self, message: &mut Vec<u8>) {
        match self {
            Self::Text(text) => push_string(message, any_value::STRING, text),
            Self::Boolean(value) => push_unsigned(message, any_value::BOOL, u64::from(*value)),
            Self::Integer(value) => push_unsigned(message, any_value::INT, *value as u64),
            Self::Float(value) => push_double(message, any_value::DOUBLE, *value),
            Self::List(values) => push_nested(message, any_value::ARRAY, |list| {
                for value in values {
                    push_nested(list, any_value::VALUES, |message| value.encode(message));
                }
            }),
            Self::Map(pairs) => push_nested(message, any_value::KEY_VALUES, |map| {
                for (key, value) in pairs {
                    push_attribute(map, any_value::VALUES, key, value);
                }
            }),
        }
    }
}

/// Writes a field that is a `KeyValue`.
pub(crate) fn push_attribute(message: &mut Vec<u8>, field: u32, key: &str, value: &Value) {
    push_key_value(message, field, key, |message| value.encode(message));
}

/// [`push_attribute`] of a text that is not owned.
pub(crate) fn push_text_attribute(message: &mut Vec<u8>, field: u32, key: &str, value: &str) {
    let head = [length_delimited(any_value::STRING), value.len() as u8];
    if push_short(message, field, key, &head, value.as_bytes()) {
        return;
    }
    push_key_value(message, field, key, |message| {
        push_string(message, any_value::STRING, value);
    });
}

/// [`push_attribute`] of a text that `write` writes, which is UTF-8.
pub(crate) fn push_written_attribute(
    message: &mut Vec<u8>,
    field: u32,
    key: &str,
    write: impl FnOnce(&mut Vec<u8>),
) {
    push_key_value(message, field, key, |message| {
        push_nested(message, any_value::STRING, write);
    });
}

/// [`push_attribute`] of a list of one text.
pub(crate) fn push_list_attribute(message: &mut Vec<u8>, field: u32, key: &str, value: &str) {
    push_key_value(message, field, key, |message| {
        push_nested(message, any_value::ARRAY, |list| {
            push_nested(list, any_value::VALUES, |message| {
                push_string(message, any_value::STRING, value);
            });
        });
    });
}

/// [`push_attribute`] of a whole number.
pub(crate) fn push_integer_attribute(message: &mut Vec<u8>, field: u32, key: &str, value: i64) {
    // Ports, status codes and most others.
    if let 0x80..0x4000 = value
        && push_short(
            message,
            field,
            key,
            &[varint(any_value::INT)],
            &[value as u8 | 0x80, (value >> 7) as u8],
        )
    {
        return;
    }
    push_key_value(message, field, key, |message| {
        push_unsigned(message, any_value::INT, value as u64);
    });
}

/// [`push_attribute`] of true or false.
pub(crate) fn push_boolean_attribute(message: &mut Vec<u8>, field: u32, key: &str, value: bool) {
    let head = [varint(any_value::BOOL), u8::from(value)];
    if push_short(message, field, key, &head, &[]) {
        return;
    }
    push_key_value(message, field, key, |message| {
        push_unsigned(message, any_value::BOOL, u64::from(value));
    });
}

/// [`push_attribute`] of a number.
pub(crate) fn push_float_attribute(message: &mut Vec<u8>, field: u32, key: &str, value: f64) {
    push_key_value(message, field, key, |message| {
        push_double(message, any_value::DOUBLE, value);
    });
}

/// Writes a `KeyValue` whose `AnyValue` has the content `head` and `rest`, if all lengths take a byte, as most do: then they
/// are known beforehand.
#[inline]
fn push_short(message: &mut Vec<u8>, field: u32, key: &str, head: &[u8], rest: &[u8]) -> bool {
    let value = head.len() + rest.len();
    let pair = 4 + key.len() + value;
    if pair >= 0x80 || field >= 0x10 {
        return false;
    }
    let start = [
        length_delimited(field),
        pair as u8,
        length_delimited(key_value::KEY),
        key.len() as u8,
    ];
    let middle = [length_delimited(key_value::VALUE), value as u8];
    message.reserve(2 + pair);
    for part in [&start, key.as_bytes(), &middle, head, rest] {
        message.extend_from_slice(part);
    }
    true
}

/// The key of a field whose number is less than 16.
const fn length_delimited(field: u32) -> u8 {
    (field << 3 | 2) as u8
}

/// The same for a number.
const fn varint(field: u32) -> u8 {
    (field << 3) as u8
}

/// [`push_attribute`] of a value that `value` writes the fields of.
#[inline]
pub(crate) fn push_key_value(
    message: &mut Vec<u8>,
    field: u32,
    key: &str,
    value: impl FnOnce(&mut Vec<u8>),
) {
    push_nested(message, field, |pair| {
        push_string(pair, key_value::KEY, key);
        push_nested(pair, key_value::VALUE, value);
    });
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}
