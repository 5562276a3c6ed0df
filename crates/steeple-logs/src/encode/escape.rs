//! Text in which nothing is raw that does something where it is shown.

use std::net::IpAddr;

use steeple_core::text;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Appends `text` as a string of [JSON](https://www.rfc-editor.org/rfc/rfc8259#section-7).
#[inline]
pub(super) fn push_quoted(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    push_escaped(out, text);
    out.push(b'"');
}

/// Appends what is between the quotes of such a string. Besides what JSON asks for, all is escaped that
/// [does something](text::is_active): controls, ends of lines, what turns text around, what cannot be seen.
#[inline]
pub(crate) fn push_escaped(out: &mut Vec<u8>, text: &str) {
    if is_plain(text.as_bytes()) {
        out.extend_from_slice(text.as_bytes());
    } else {
        push_escaping(out, text);
    }
}

/// Whether it is printable ASCII without quotes and backslashes.
#[inline]
fn is_plain(text: &[u8]) -> bool {
    const WORD: usize = size_of::<u64>();
    let (words, rest) = text.as_chunks::<WORD>();
    if !words.iter().all(|word| is_plain_word(*word)) {
        return false;
    }
    match text.last_chunk::<WORD>() {
        _ if rest.is_empty() => true,
        Some(last) => is_plain_word(*last),
        None => rest.iter().all(|byte| is_plain_byte(*byte)),
    }
}

/// Eight bytes at a time, each with its highest bit set where it is not plain.
#[inline]
fn is_plain_word(word: [u8; 8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * ONES;
    let word = u64::from_ne_bytes(word);
    // Exact for all bytes below those that are not plain themselves, so that a borrow does no harm.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let control = word.wrapping_sub(0x20 * ONES) & !word;
    let quote = zero(word ^ (u64::from(b'"') * ONES));
    let backslash = zero(word ^ (u64::from(b'\\') * ONES));
    let delete = zero(word ^ (0x7f * ONES));
    (word | control | quote | backslash | delete) & HIGH == 0
}

fn is_plain_byte(byte: u8) -> bool {
    (b' '..0x7f).contains(&byte) && byte != b'"' && byte != b'\\'
}

fn push_escaping(out: &mut Vec<u8>, text: &str) {
    let mut written = 0;
    for (at, character) in text.char_indices() {
        let short = match character {
            '"' | '\\' => Some(character as u8),
            '\n' => Some(b'n'),
            '\r' => Some(b'r'),
            '\t' => Some(b't'),
            _ if text::is_active(character) => None,
            _ => continue,
        };
        out.extend_from_slice(&text.as_bytes()[written..at]);
        written = at + character.len_utf8();
        match short {
            Some(letter) => out.extend_from_slice(&[b'\\', letter]),
            None => push_units(out, character),
        }
    }
    out.extend_from_slice(&text.as_bytes()[written..]);
}

/// As the units of UTF-16, in hex.
fn push_units(out: &mut Vec<u8>, character: char) {
    let mut units = [0; 2];
    for unit in character.encode_utf16(&mut units) {
        out.extend_from_slice(b"\\u");
        out.extend([12, 8, 4, 0].map(|shift| DIGITS[usize::from(*unit >> shift & 0xf)]));
    }
}

/// Whether `text` is what it says without quotes: to whoever reads logfmt it is one value and no number of keys.
pub(super) fn is_bare(text: &[u8]) -> bool {
    let is_quiet = |byte: &u8| *byte > b' ' && !matches!(byte, b'"' | b'=' | b'\\' | 0x7f);
    !text.is_empty() && text.iter().all(is_quiet)
}

/// Whether it is an address of IP, as the type of ECS wants it.
pub(super) fn is_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    fn quoted(text: &str) -> String {
        let mut out = Vec::new();
        push_quoted(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_does_something_is_escaped_and_the_rest_is_left() {
        assert_eq!(
            quoted("plain, as it is: 5 < 6"),
            "\"plain, as it is: 5 < 6\""
        );
        assert_eq!(quoted("Grüße 日本 🎉"), "\"Grüße 日本 🎉\"");
        assert_eq!(quoted("a\"b\\c\nd\re\tf"), r#""a\"b\\c\nd\re\tf""#);
        assert_eq!(
            quoted("\u{1b}[2J\0\u{7f}\u{85}"),
            r#""\u001b[2J\u0000\u007f\u0085""#
        );
        assert_eq!(
            quoted("\u{202e}\u{2028}\u{feff}\u{e0041}"),
            r#""\u202e\u2028\ufeff\udb40\udc41""#
        );
    }

    #[test]
    fn each_byte_is_plain_or_not_wherever_it_stands() {
        for byte in 0..=u8::MAX {
            for length in 1..20 {
                for place in 0..length {
                    let mut text = vec![b'a'; length];
                    text[place] = byte;
                    assert_eq!(
                        is_plain(&text),
                        is_plain_byte(byte),
                        "{byte:#x} at {place} of {length}"
                    );
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn any_text_is_inert_and_comes_back(text in hostile()) {
            let line = quoted(&text);
            prop_assert!(is_inert(&line), "{line:?}");
            let read: String = serde_json::from_str(&line)?;
            prop_assert_eq!(read, text);
        }
    }

    /// By <https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters>, and what ends lines or moves cursors.
    pub(crate) fn is_inert(text: &str) -> bool {
        let is_active = |c: char| {
            c < ' '
                || ('\u{7f}'..'\u{a0}').contains(&c)
                || matches!(
                    c,
                    '\u{61c}'
                        | '\u{200e}'
                        | '\u{200f}'
                        | '\u{2028}'
                        | '\u{2029}'
                        | '\u{202a}'..='\u{202e}'
                        | '\u{2066}'..='\u{2069}'
                )
        };
        !text.contains(is_active)
    }

    pub(crate) fn hostile() -> impl Strategy<Value = String> {
        let pieces = prop_oneof![
            any::<String>(),
            prop::collection::vec(any::<u8>(), 0..32)
                .prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
            prop::sample::select(vec![
                "\r\n",
                "\n",
                "\u{1b}[2J",
                "\u{1b}]0;title\u{7}",
                "\u{9b}31m",
                "\u{85}",
                "\u{2028}",
                "\u{2029}",
                "\u{202e}",
                "\u{2066}",
                "\u{61c}",
                "\0",
                "\"",
                "\\",
                "\\n",
                "\",\"message\":\"forged",
                "=",
                " level=error ",
                "{",
                "}",
                "\u{e0041}",
                "\u{7f}",
                "\u{8}",
                "plain text",
            ])
            .prop_map(str::to_owned),
        ];
        prop::collection::vec(pieces, 0..4).prop_map(|pieces| pieces.concat())
    }
}
