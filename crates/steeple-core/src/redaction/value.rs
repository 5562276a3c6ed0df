//! Where a value ends.

use super::reader::Reader;

/// The schemes of `Authorization` behind which the secret follows.
const SCHEMES: [&str; 5] = ["basic", "bearer", "digest", "negotiate", "token"];

/// The end of the value that begins at `start`: of all within quotes or brackets, or of a word.
///
/// What does not close ends with the line; where it is spread over lines, as `{:#?}` does it, with the text.
pub(super) fn end(reader: &Reader<'_>, start: usize) -> usize {
    let end = end_of_one(reader, start);
    let word = reader.part(start..end);
    if SCHEMES
        .iter()
        .any(|scheme| word.eq_ignore_ascii_case(scheme))
    {
        let next = reader.end_of(end, |byte| matches!(byte, b' ' | b'\t'));
        return end_of_one(reader, next);
    }
    end
}

fn end_of_one(reader: &Reader<'_>, start: usize) -> usize {
    let mut at = start;
    let mut depth = 0_usize;
    let mut is_spread = false;
    while let Some(byte) = reader.at(at) {
        at = match byte {
            b'\r' | b'\n' if depth == 0 || !is_spread => break,
            // Also behind what Rust and Python put in front of some: `b"..."`.
            b'"' | b'\'' | b'`' if depth > 0 || at <= start + 1 => quoted(reader, at, byte),
            b'\\' if matches!(reader.at(at + 1), Some(b'"' | b'\'')) => escaped(reader, at + 1),
            b'(' | b'[' | b'{' => {
                depth += 1;
                is_spread |= matches!(reader.at(at + 1), Some(b'\r' | b'\n'));
                at + 1
            }
            b')' | b']' | b'}' if depth > 0 => {
                depth -= 1;
                at + 1
            }
            _ if depth > 0 => at + 1,
            b' ' if is_struct(reader, start, at) => at + 1,
            b' ' | b'\t' | b'"' | b'\'' | b'`' | b',' | b';' | b'&' | b')' | b']' | b'}' => break,
            _ => at + 1,
        };
    }
    at
}

/// Whether a blank is behind the name of a type and in front of its fields, as `Debug` prints them.
fn is_struct(reader: &Reader<'_>, start: usize, blank: usize) -> bool {
    let begins = reader
        .at(start)
        .is_some_and(|byte| byte.is_ascii_uppercase());
    begins && (reader.is_at(blank, " { ") || reader.is_at(blank, " {\n"))
}

/// The end of what is quoted from `start` on, in which backslashes escape.
pub(super) fn quoted(reader: &Reader<'_>, start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while let Some(byte) = reader.at(at) {
        at += 1;
        if byte == quote {
            break;
        }
        if byte == b'\\' {
            // Not one byte further: what it escapes may have several.
            at += usize::from(matches!(reader.at(at), Some(b'\\' | b'"' | b'\'')));
        }
    }
    at
}

/// The end of what is quoted in a text that is itself quoted: the quotes at both ends are escaped.
fn escaped(reader: &Reader<'_>, start: usize) -> usize {
    let quote = reader.at(start);
    let end = reader.end_of(start + 1, |byte| Some(byte) != quote);
    (end + 1).min(reader.len())
}
