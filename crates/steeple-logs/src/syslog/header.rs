use steeple_core::Timestamp;
use tracing_core::Level;

use super::Facility;
use crate::encode::timestamp;

/// The longest names, by [RFC 5424](https://www.rfc-editor.org/rfc/rfc5424#section-6).
const LONGEST_HOST: usize = 255;
const LONGEST_APPLICATION: usize = 48;
const LONGEST_PROCESS: usize = 128;
const LONGEST_NAME: usize = 32;

/// What stands before each message.
#[derive(Clone, Debug)]
pub(super) struct Header {
    facility: Facility,
    /// Behind the time: the host, the application, its process, and structured data.
    rest: Vec<u8>,
}

/// Whom messages are from.
pub(super) struct Source<'a> {
    pub(super) host: &'a str,
    pub(super) application: &'a str,
    pub(super) process: &'a str,
    pub(super) data: &'a [Element],
}

/// A structured data element.
#[derive(Clone, Debug)]
pub(super) struct Element {
    pub(super) id: String,
    pub(super) parameters: Vec<(String, String)>,
}

impl Header {
    pub(super) fn new(facility: Facility, source: &Source<'_>) -> Self {
        let mut rest = vec![b' '];
        for (name, longest) in [
            (source.host, LONGEST_HOST),
            (source.application, LONGEST_APPLICATION),
            (source.process, LONGEST_PROCESS),
        ] {
            push_word(&mut rest, name, longest, &[]);
            rest.push(b' ');
        }
        // No MSGID.
        rest.extend_from_slice(b"- ");
        if source.data.is_empty() {
            rest.push(b'-');
        }
        for element in source.data {
            element.push(&mut rest);
        }
        rest.push(b' ');
        Self { facility, rest }
    }

    /// Appends that of a message of this level.
    pub(super) fn push(&self, out: &mut Vec<u8>, at: Timestamp, level: &Level) {
        let priority = self.facility as u8 * 8 + severity(level);
        out.push(b'<');
        out.extend_from_slice(itoa::Buffer::new().format(priority).as_bytes());
        out.extend_from_slice(b">1 ");
        timestamp::push::<6>(out, at);
        out.extend_from_slice(&self.rest);
    }
}

impl Element {
    fn push(&self, out: &mut Vec<u8>) {
        const NO_NAME: &[u8] = b"=]\"";
        out.push(b'[');
        push_word(out, &self.id, LONGEST_NAME, NO_NAME);
        for (name, value) in &self.parameters {
            out.push(b' ');
            push_word(out, name, LONGEST_NAME, NO_NAME);
            out.extend_from_slice(b"=\"");
            push_value(out, value);
            out.push(b'"');
        }
        out.push(b']');
    }
}

fn severity(level: &Level) -> u8 {
    match *level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        Level::DEBUG | Level::TRACE => 7,
    }
}

/// Printable ASCII without spaces and what is in `but`; `-` for nothing.
fn push_word(out: &mut Vec<u8>, text: &str, longest: usize, but: &[u8]) {
    if text.is_empty() {
        out.push(b'-');
    }
    out.extend(text.bytes().take(longest).map(|byte| {
        match byte.is_ascii_graphic() && !but.contains(&byte) {
            true => byte,
            false => b'_',
        }
    }));
}

/// As a value is [escaped](https://www.rfc-editor.org/rfc/rfc5424#section-6.3.3); controls, which may be in one, would make
/// another line here.
fn push_value(out: &mut Vec<u8>, text: &str) {
    let mut encoded = [0; 4];
    for character in text.chars() {
        if matches!(character, '"' | '\\' | ']') {
            out.push(b'\\');
        }
        let shown = if character.is_control() {
            ' '
        } else {
            character
        };
        out.extend_from_slice(shown.encode_utf8(&mut encoded).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(source: &Source<'_>, level: &Level) -> String {
        let mut out = Vec::new();
        Header::new(Facility::Local0, source).push(&mut out, Timestamp::now(), level);
        String::from_utf8(out).unwrap()
    }

    fn source() -> Source<'static> {
        Source {
            host: "shop-1",
            application: "shop",
            process: "42",
            data: &[],
        }
    }

    #[test]
    fn a_header_tells_how_severe_a_message_is_when_and_whose() {
        for (level, priority) in [
            (Level::ERROR, 131),
            (Level::WARN, 132),
            (Level::INFO, 134),
            (Level::DEBUG, 135),
            (Level::TRACE, 135),
        ] {
            let header = header(&source(), &level);
            let (before, rest) = header.split_at(format!("<{priority}>1 ").len());
            assert_eq!(before, format!("<{priority}>1 "));
            let (time, rest) = rest.split_once(' ').unwrap();
            assert_eq!(time.len(), "2026-11-23T00:55:00.123456Z".len());
            assert_eq!(rest, "shop-1 shop 42 - - ");
        }
    }

    #[test]
    fn names_are_words_and_values_are_escaped() {
        let data = [Element {
            id: "a b]@32473".to_owned(),
            parameters: vec![
                ("x=\"".to_owned(), "say \"\\]\"\nor é".to_owned()),
                (String::new(), String::new()),
            ],
        }];
        let long = "é".repeat(200);
        let header = header(
            &Source {
                host: "",
                application: &long,
                process: "4 2\n",
                data: &data,
            },
            &Level::INFO,
        );
        let rest = header.splitn(3, ' ').nth(2).unwrap();
        let application = "_".repeat(48);
        assert_eq!(
            rest,
            format!(r#"- {application} 4_2_ - [a_b_@32473 x__="say \"\\\]\" or é" -=""] "#)
        );
    }
}
