//! Text that comes from outside and must not grow.

use std::fmt::{self, Display, Write};

/// How many bytes of a message are kept.
const LONGEST: usize = 1_024;

/// What `value` prints, cut at [`LONGEST`] bytes between characters.
pub(crate) fn bounded(value: impl Display) -> String {
    printed(value, LONGEST)
}

/// What `value` prints: at most `longest` bytes, cut between characters.
#[must_use]
pub fn printed(value: impl Display, longest: usize) -> String {
    let mut text = Vec::new();
    print(&mut text, format_args!("{value}"), longest);
    String::from_utf8(text).unwrap_or_default()
}

/// Adds the same to `text`.
pub fn print(text: &mut Vec<u8>, value: fmt::Arguments<'_>, longest: usize) {
    let left = longest;
    // An error means that there is no more room, or that the value cannot print itself: what is there is kept.
    let _ = Bounded { text, left }.write_fmt(value);
}

struct Bounded<'a> {
    text: &'a mut Vec<u8>,
    left: usize,
}

impl Write for Bounded<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let kept = beginning(part, self.left);
        self.text.extend_from_slice(kept.as_bytes());
        self.left -= kept.len();
        if kept.len() == part.len() {
            Ok(())
        } else {
            Err(fmt::Error)
        }
    }
}

/// At most `longest` bytes of `text`, cut between characters.
#[must_use]
#[inline]
pub fn beginning(text: &str, longest: usize) -> &str {
    if text.len() <= longest {
        return text;
    }
    let cut = (0..=longest).rev().find(|end| text.is_char_boundary(*end));
    &text[..cut.unwrap_or(0)]
}

/// Whether it does something where it is shown: a control character, one that ends a line, turns text around or cannot be seen.
#[must_use]
pub fn is_active(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_between_characters() {
        let text = bounded("ä".repeat(2_000));
        assert_eq!(text.len(), 1_024);
        assert_eq!(bounded(format!("x{}", "ä".repeat(2_000))).len(), 1_023);
        assert_eq!(bounded("short"), "short");
    }

    #[test]
    fn text_is_added_to_what_is_there() {
        let mut text = b"said: ".to_vec();
        print(&mut text, format_args!("too much"), 3);
        assert_eq!(text, b"said: too");
    }
}
