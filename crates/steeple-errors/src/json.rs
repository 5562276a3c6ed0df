//! JSON of one line, in which nothing is raw that ends a line, moves a cursor, turns text around or opens a tag, whatever the
//! strings in it are.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{
    Serializer,
    ser::{CompactFormatter, Formatter},
};

/// Appends `value`, which has no maps with keys that are not strings, to `out`.
pub(crate) fn write<V: Serialize + ?Sized>(value: &V, out: &mut Vec<u8>) {
    // Neither the memory that is written to nor what is written can fail.
    let _ = value.serialize(&mut Serializer::with_formatter(out, Inert));
}

pub(crate) fn text<V: Serialize + ?Sized>(value: &V) -> String {
    let mut out = Vec::new();
    write(value, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// Escapes more than JSON asks for.
struct Inert;

impl Formatter for Inert {
    fn write_string_fragment<W: Write + ?Sized>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, character)) = rest.char_indices().find(|(_, c)| is_active(*c)) {
            CompactFormatter.write_string_fragment(writer, &rest[..at])?;
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[at + character.len_utf8()..];
        }
        CompactFormatter.write_string_fragment(writer, rest)
    }
}

/// Whether it does something where it is shown, on a page too.
fn is_active(character: char) -> bool {
    matches!(character, '<' | '>' | '&') || steeple_core::text::is_active(character)
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn any_text_is_one_inert_line_and_comes_back(texts in prop::collection::vec(hostile(), 0..4)) {
            let line = text(&texts);
            let is_raw = |c: char| {
                c < ' ' || ('\u{7f}'..'\u{a0}').contains(&c) || "<>&\u{2028}\u{2029}".contains(c) || is_bidi(c)
            };
            prop_assert!(!line.contains(is_raw), "{line:?}");
            let read: Vec<String> = serde_json::from_str(&line)?;
            prop_assert_eq!(read, texts);
        }
    }

    /// By <https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters>.
    fn is_bidi(character: char) -> bool {
        matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
    }

    pub(crate) fn hostile() -> impl Strategy<Value = String> {
        let pieces = prop_oneof![
            any::<String>(),
            prop::collection::vec(any::<u8>(), 0..32)
                .prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
            prop::sample::select(vec![
                "\r\n",
                "\u{1b}[2J",
                "\u{85}",
                "\u{2028}",
                "\u{202e}",
                "\u{2066}",
                "\0",
                "\"",
                "\\",
                "</script>",
                "&lt;",
                "{\"crc\":\"",
                "\u{e0041}",
                "\u{7f}",
            ])
            .prop_map(str::to_owned),
        ];
        prop::collection::vec(pieces, 0..4).prop_map(|pieces| pieces.concat())
    }
}
