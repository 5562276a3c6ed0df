use std::{
    fmt::Display,
    io::{self, Write as _},
    iter,
};

use super::schema::{self, Schema, Type};
use crate::{
    Signal,
    wire::{Content, Fields},
};

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
