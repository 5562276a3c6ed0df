//! The names of labels.

use super::field::{self, Field};

/// A name as an application has it, read once for all that goes by it.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(super) text: Box<[u8]>,
    pub(super) hash: u32,
    /// The field of ECS that an application may fill by it.
    pub(super) field: Option<Field>,
    /// Whether a field of ours has the same name.
    pub(super) is_reserved: bool,
    pub(super) has_dots: bool,
}

impl Name {
    pub(crate) fn new(name: &str) -> Self {
        let mut text = Vec::with_capacity(name.len());
        push_name(&mut text, name);
        Self {
            hash: hash(&text),
            has_dots: text.contains(&b'.'),
            text: text.into(),
            field: Field::of_application(name),
            is_reserved: field::is_reserved(name),
        }
    }
}

/// [FNV-1a](https://datatracker.ietf.org/doc/html/draft-eastlake-fnv), the same for names that differ in dots and underscores alone.
pub(super) fn hash(name: &[u8]) -> u32 {
    name.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(without_dot(*byte))).wrapping_mul(0x0100_0193)
    })
}

/// Appends `name` with `_` for each character that is no letter, no digit and none of `_`, `-` and `.`, and without the `r#` of
/// Rust. A name without any becomes `_`.
pub(super) fn push_name(out: &mut Vec<u8>, name: &str) {
    let name = name.strip_prefix("r#").unwrap_or(name);
    if name.is_empty() {
        return out.push(b'_');
    }
    if name.bytes().all(is_plain) {
        return out.extend_from_slice(name.as_bytes());
    }
    let mut bytes = [0; 4];
    for character in name.chars() {
        let kept = match u8::try_from(character) {
            Ok(byte) if byte.is_ascii() => is_plain(byte),
            _ => character.is_alphanumeric(),
        };
        let character = if kept { character } else { '_' };
        out.extend_from_slice(character.encode_utf8(&mut bytes).as_bytes());
    }
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// Makes `_` of the dots in a name: a dot would make an object of what is before it, and what is an object here cannot be a text there.
pub(super) fn remove_dots(name: &mut [u8]) {
    for byte in name {
        *byte = without_dot(*byte);
    }
}

/// Whether two names are the same but for dots.
pub(super) fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|(one, other)| without_dot(*one) == without_dot(*other))
}

fn without_dot(byte: u8) -> u8 {
    if byte == b'.' { b'_' } else { byte }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> String {
        let mut out = Vec::new();
        push_name(&mut out, name);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn names_keep_letters_digits_and_what_joins_them() {
        assert_eq!(name("order.id"), "order.id");
        assert_eq!(name("r#type"), "type");
        assert_eq!(name("größe"), "größe");
        assert_eq!(name("a b=\"c\"\n\u{202e}"), "a_b__c___");
        assert_eq!(name(""), "_");
    }

    #[test]
    fn names_that_differ_in_dots_alone_are_the_same() {
        assert!(is_same(b"a.b_c", b"a_b.c"));
        assert!(!is_same(b"a.b", b"a-b"));
        let mut name = *b"a.b.c";
        remove_dots(&mut name);
        assert_eq!(&name, b"a_b_c");
    }
}
