mod labels;
mod layout;
#[cfg(test)]
mod tests;

use steeple_core::{Timestamp, text};
use tracing_core::Level;

use super::{
    Encoder, Field, Fields, Format, Head, LONGEST_VALUE, Scalar,
    encoder::level_name,
    escape::{is_bare, push_quoted},
    field,
    kind::Kind,
    prepared::{Pieces, Prepared},
    pretty, timestamp,
};

/// What begins the labels of ECS.
const LABELS: &[u8] = b",\"labels\":{";

/// A line that is being written: see the [module](super).
#[derive(Debug)]
#[must_use = "a line has no end before `end`"]
pub(crate) struct Line<'a> {
    encoder: &'a Encoder,
    out: &'a mut Vec<u8>,
    /// Where it begins.
    start: usize,
    /// What was written so far.
    progress: Progress,
    is_truncated: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    /// The last field, whose objects are open.
    last: Option<Field>,
    has_identity: bool,
    has_labels: bool,
}

impl<'a> Line<'a> {
    pub(in crate::encode) fn new(encoder: &'a Encoder, out: &'a mut Vec<u8>) -> Self {
        if encoder.format.is_json() {
            out.push(b'{');
        }
        let start = out.len();
        Self {
            encoder,
            out,
            start,
            progress: Progress::default(),
            is_truncated: false,
        }
    }

    /// What is behind `last`, alone, and without the identity.
    pub(in crate::encode) fn behind(
        last: Field,
        encoder: &'a Encoder,
        out: &'a mut Vec<u8>,
    ) -> Self {
        let mut line = Self::new(encoder, out);
        line.out.clear();
        line.start = 0;
        line.progress.last = Some(last);
        line.progress.has_identity = true;
        line
    }

    /// The same where labels are before it.
    pub(in crate::encode) fn behind_labels(mut self) -> Self {
        self.progress.has_labels = true;
        self
    }

    pub(in crate::encode) fn last(&self) -> Option<Field> {
        self.progress.last
    }

    pub(in crate::encode) fn is_truncated(&self) -> bool {
        self.is_truncated
    }

    pub(in crate::encode) fn identify(&mut self, field: Field, value: &str) {
        match field.kind() {
            Kind::Long => self.unsigned(field, value.parse().unwrap_or_default()),
            _ => self.text(field, value),
        }
    }

    pub(in crate::encode) fn head(&mut self, at: Timestamp, level: Level, logger: &str) {
        if self.encoder.format == Format::Pretty {
            return self.pretty_head(at, level, logger);
        }
        self.time(at);
        self.ascii(field::LOG_LEVEL, level_name(level));
        self.text(field::LOG_LOGGER, logger);
    }

    pub(in crate::encode) fn time(&mut self, at: Timestamp) {
        self.key(field::TIMESTAMP);
        let is_json = self.encoder.format.is_json();
        if is_json {
            self.out.push(b'"');
        }
        timestamp::push::<6>(self.out, at);
        if is_json {
            self.out.push(b'"');
        }
    }

    /// Adds a [`Head`], which must be of this format.
    pub(in crate::encode) fn known_head(&mut self, head: &Head) {
        self.out.extend_from_slice(&head.bytes);
        self.progress.last = Some(head.last);
    }

    fn pretty_head(&mut self, at: Timestamp, level: Level, logger: &str) {
        self.styled(pretty::DIM, |out| timestamp::push::<3>(out, at));
        self.out.push(b' ');
        self.styled(pretty::colour(level), |out| {
            out.extend_from_slice(pretty::level_name(level).as_bytes());
        });
        self.out.push(b' ');
        let cut = text::beginning(logger, LONGEST_VALUE);
        self.is_truncated |= cut.len() < logger.len();
        self.styled(pretty::DIM, |out| {
            let start = out.len();
            push_quoted(out, cut);
            pretty::unquote(out, start);
            out.push(b':');
        });
        self.progress.last = Some(field::LOG_LOGGER);
    }

    /// Adds a text, of which [`LONGEST_VALUE`] bytes are kept.
    pub(crate) fn text(&mut self, field: Field, value: &str) {
        let cut = text::beginning(value, LONGEST_VALUE);
        self.is_truncated |= cut.len() < value.len();
        let is_json = self.encoder.format.is_json();
        self.field(field, |out| {
            if is_json || !is_bare(cut.as_bytes()) {
                push_quoted(out, cut);
            } else {
                let start = out.len();
                push_quoted(out, cut);
                make_bare(out, start);
            }
        });
    }

    /// Adds a short text that is known to be printable ASCII without white space, quotes, `=` and backslashes, such as an id in hex.
    #[inline]
    pub(crate) fn ascii(&mut self, field: Field, value: &str) {
        debug_assert!(is_bare(value.as_bytes()) && value.is_ascii(), "{value:?}");
        let is_json = self.encoder.format.is_json();
        self.field(field, |out| {
            if is_json {
                out.push(b'"');
            }
            out.extend_from_slice(value.as_bytes());
            if is_json {
                out.push(b'"');
            }
        });
    }

    /// Adds a list of texts, of which there is one, that is as with [`ascii`](Self::ascii).
    pub(crate) fn only(&mut self, field: Field, value: &str) {
        debug_assert_eq!(field.kind(), Kind::Texts, "{field:?}");
        let (open, close): (&[u8], &[u8]) = match self.encoder.format {
            Format::Ecs => (b"[\"", b"\"]"),
            Format::Json => (b"\"", b"\""),
            Format::Logfmt | Format::Pretty => (b"", b""),
        };
        self.field(field, |out| {
            for part in [open, value.as_bytes(), close] {
                out.extend_from_slice(part);
            }
        });
    }

    /// Adds a number.
    #[inline]
    pub(crate) fn unsigned(&mut self, field: Field, value: u64) {
        debug_assert!(
            matches!(field.kind(), Kind::Long | Kind::Float),
            "{field:?}"
        );
        self.field(field, |out| Scalar::Unsigned(value).push(out));
    }

    /// Adds a value that was encoded before, as JSON has it.
    pub(crate) fn encoded(&mut self, field: Field, value: &[u8]) {
        let is_json = self.encoder.format.is_json();
        self.field(field, |out| {
            let start = out.len();
            out.extend_from_slice(value);
            if !is_json {
                make_bare(out, start);
            }
        });
    }

    /// Adds what was encoded before: fields in their order, and labels. Nothing but labels may follow.
    pub(crate) fn fields(&mut self, fields: &Fields) {
        self.of_ecs(fields);
        self.labels(fields);
    }

    /// The same, with others that must be [apart](Fields::is_apart_from) from them.
    pub(crate) fn fields_beside(&mut self, fields: &Fields, others: &Prepared) {
        let pieces = others.pieces(self.encoder);
        self.is_truncated |= others.fields().is_truncated();
        self.of_ecs(fields);
        match pieces.filter(|pieces| self.has_room_for(&pieces.of_ecs)) {
            Some(pieces) => self.piece_of_ecs(pieces),
            None => self.of_ecs(others.fields()),
        }
        self.labels(fields);
        match pieces.filter(|pieces| self.has_room_for(&pieces.labels)) {
            Some(pieces) => self.piece_of_labels(&pieces.labels),
            None => self.labels(others.fields()),
        }
    }

    fn piece_of_ecs(&mut self, pieces: &Pieces) {
        if pieces.of_ecs.is_empty() {
            return;
        }
        self.close_behind_identity();
        self.out.extend_from_slice(&pieces.of_ecs);
        self.progress.last = Some(pieces.last);
    }

    /// Adds fields of ECS that were encoded before.
    pub(in crate::encode) fn of_ecs(&mut self, fields: &Fields) {
        self.is_truncated |= fields.is_truncated();
        for (field, value) in fields.of_ecs() {
            self.encoded(field, value);
        }
    }

    /// Whether lines of this format tell where in the code and on which thread something was said: those for people do not.
    pub(crate) fn tells_origin(&self) -> bool {
        self.encoder.format.is_json()
    }

    /// Ends the line.
    pub(crate) fn end(mut self) {
        self.close_behind_identity();
        if self.is_truncated {
            if self.encoder.format != Format::Ecs {
                self.separate();
            }
            self.out.extend_from_slice(match self.encoder.format {
                Format::Ecs => br#","tags":["truncated"]"#.as_slice(),
                Format::Json => b"\"truncated\":true",
                Format::Logfmt | Format::Pretty => b"truncated=true",
            });
        }
        if self.encoder.format.is_json() {
            self.out.push(b'}');
        }
        self.out.push(b'\n');
    }
}

/// Takes the quotes from a JSON string from `start` on, if what is in them is one value without.
fn make_bare(out: &mut Vec<u8>, start: usize) {
    if let [b'"', inner @ .., b'"'] = &out[start..]
        && is_bare(inner)
    {
        out.remove(start);
        out.pop();
    }
}
