//! What is different for people.

use tracing_core::Level;

pub(super) const DIM: &[u8] = b"\x1b[2m";
pub(super) const RESET: &[u8] = b"\x1b[0m";

/// The level as all levels have the same width.
pub(super) fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "ERROR",
        Level::WARN => " WARN",
        Level::INFO => " INFO",
        Level::DEBUG => "DEBUG",
        Level::TRACE => "TRACE",
    }
}

/// Red, yellow, green, blue and magenta, as `tracing-subscriber` has them.
pub(super) fn colour(level: Level) -> &'static [u8] {
    match level {
        Level::ERROR => b"\x1b[31m",
        Level::WARN => b"\x1b[33m",
        Level::INFO => b"\x1b[32m",
        Level::DEBUG => b"\x1b[34m",
        Level::TRACE => b"\x1b[35m",
    }
}

/// Makes of a JSON string from `start` on what a person reads: without the quotes around it and the backslashes before others.
pub(super) fn unquote(out: &mut Vec<u8>, start: usize) {
    let mut kept = start;
    for at in start + 1..out.len() - 1 {
        if out[at] != b'\\' || out[at + 1] != b'"' {
            out[kept] = out[at];
            kept += 1;
        }
    }
    out.truncate(kept);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_reads_quotes_as_they_were() {
        let unquoted = |text: &str| {
            let mut out = [b"> ", text.as_bytes()].concat();
            unquote(&mut out, 2);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(unquoted(r#""said \"no\"""#), r#"> said "no""#);
        assert_eq!(unquoted(r#""one\ntwo""#), r"> one\ntwo");
        assert_eq!(unquoted(r#""""#), "> ");
    }
}
