//! Text that comes from outside and must not grow.

use std::fmt::{self, Display, Write};

/// How many bytes of a message are kept.
const LONGEST: usize = 1_024;

/// Writes `value` out, cut at [`LONGEST`] bytes on a character's boundary.
pub(crate) fn bounded(value: impl Display) -> String {
    let mut text = Bounded(String::new());
    // An error means that the text is full, or that the value cannot print itself: what is there is kept.
    let _ = write!(text, "{value}");
    text.0
}

struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let kept = beginning(part, LONGEST - self.0.len());
        self.0.push_str(kept);
        if kept.len() == part.len() {
            Ok(())
        } else {
            Err(fmt::Error)
        }
    }
}

/// At most `longest` bytes of `text`, cut on a character's boundary.
#[inline]
pub(crate) fn beginning(text: &str, longest: usize) -> &str {
    if text.len() <= longest {
        return text;
    }
    let cut = (0..=longest).rev().find(|end| text.is_char_boundary(*end));
    &text[..cut.unwrap_or(0)]
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
}
