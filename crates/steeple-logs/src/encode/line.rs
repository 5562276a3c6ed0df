use steeple_core::{Timestamp, text};
use tracing_core::Level;

use super::{
    Encoder, Field, Fields, Format, Head, LONGEST_LINE, LONGEST_VALUE, Scalar,
    encoder::{is_behind_identity, level_name},
    escape::{is_bare, push_quoted},
    field,
    fields::Label,
    kind::Kind,
    name::{push_name, remove_dots},
    pretty, timestamp,
};

/// What the end of a line may take besides its fields.
const ROOM_FOR_END: usize = 64;

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
    pub(super) fn new(encoder: &'a Encoder, out: &'a mut Vec<u8>) -> Self {
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
    pub(super) fn behind(last: Field, encoder: &'a Encoder, out: &'a mut Vec<u8>) -> Self {
        let mut line = Self::new(encoder, out);
        line.out.clear();
        line.start = 0;
        line.progress.last = Some(last);
        line.progress.has_identity = true;
        line
    }

    pub(super) fn last(&self) -> Option<Field> {
        self.progress.last
    }

    pub(super) fn identify(&mut self, field: Field, value: &str) {
        match field.kind() {
            Kind::Long => self.unsigned(field, value.parse().unwrap_or_default()),
            _ => self.text(field, value),
        }
    }

    pub(super) fn head(&mut self, at: Timestamp, level: Level, logger: &str) {
        if self.encoder.format == Format::Pretty {
            return self.pretty_head(at, level, logger);
        }
        self.time(at);
        self.ascii(field::LOG_LEVEL, level_name(level));
        self.text(field::LOG_LOGGER, logger);
    }

    pub(super) fn time(&mut self, at: Timestamp) {
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
    pub(super) fn known_head(&mut self, head: &Head) {
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

    /// Adds a label, behind all fields.
    pub(crate) fn label(&mut self, name: &str, value: Scalar<'_>) {
        let before = self.before();
        let cut = match value {
            Scalar::Text(whole) => {
                let cut = text::beginning(whole, LONGEST_VALUE);
                self.is_truncated |= cut.len() < whole.len();
                Scalar::Text(cut)
            }
            value => value,
        };
        self.open_labels(field::is_reserved(name));
        let start = self.out.len();
        push_name(self.out, name);
        if self.encoder.format == Format::Ecs {
            remove_dots(&mut self.out[start..]);
        }
        self.close_name();
        let start = self.out.len();
        cut.push(self.out);
        self.fit_label(start);
        self.keep(before);
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
        self.is_truncated |= fields.is_truncated();
        for (field, value) in fields.of_ecs() {
            self.encoded(field, value);
        }
        for label in fields.labels() {
            let before = self.before();
            self.open_labels(label.is_reserved);
            match self.encoder.format {
                Format::Ecs if label.value[0] == b'"' => {
                    let start = self.out.len();
                    self.out.extend_from_slice(label.whole);
                    if label.has_dots {
                        remove_dots(&mut self.out[start..start + label.name.len()]);
                    }
                }
                Format::Json => self.out.extend_from_slice(label.whole),
                _ => self.separated_label(label),
            }
            self.keep(before);
        }
    }

    fn separated_label(&mut self, label: Label<'_>) {
        let start = self.out.len();
        self.out.extend_from_slice(label.name);
        if self.encoder.format == Format::Ecs {
            remove_dots(&mut self.out[start..]);
        }
        self.close_name();
        let start = self.out.len();
        self.out.extend_from_slice(label.value);
        self.fit_label(start);
    }

    /// Whether lines of this format tell where in the code and on which thread something was said: those for people do not.
    pub(crate) fn tells_origin(&self) -> bool {
        self.encoder.format.is_json()
    }

    /// Ends the line.
    pub(crate) fn end(mut self) {
        if !self.progress.has_identity {
            self.identity();
        }
        if self.encoder.format == Format::Ecs {
            self.close_objects();
            if self.is_truncated {
                self.out.extend_from_slice(br#","tags":["truncated"]"#);
            }
        } else if self.is_truncated {
            self.separate();
            self.out.extend_from_slice(match self.encoder.format {
                Format::Json => b"\"truncated\":true",
                _ => b"truncated=true",
            });
        }
        if self.encoder.format.is_json() {
            self.out.push(b'}');
        }
        self.out.push(b'\n');
    }

    #[inline]
    fn field(&mut self, field: Field, write: impl FnOnce(&mut Vec<u8>)) {
        let before = self.before();
        self.key(field);
        let start = self.out.len();
        write(self.out);
        if field == field::MESSAGE
            && self.encoder.format == Format::Pretty
            && self.out.get(start) == Some(&b'"')
        {
            pretty::unquote(self.out, start);
        }
        self.keep(before);
    }

    #[inline]
    fn key(&mut self, field: Field) {
        debug_assert!(
            self.progress.last < Some(field),
            "{field:?} is out of order"
        );
        debug_assert!(!self.progress.has_labels, "{field:?} is behind labels");
        if is_behind_identity(field) && !self.progress.has_identity {
            self.identity();
        }
        match self.encoder.format {
            Format::Ecs => {
                let shared = match self.progress.last {
                    Some(last) => {
                        let shared = last.shared_depth(field);
                        self.close(last.depth() - shared);
                        self.out.push(b',');
                        shared
                    }
                    None => 0,
                };
                self.out.extend_from_slice(field.key(shared));
            }
            Format::Pretty if field == field::MESSAGE => self.out.push(b' '),
            _ => {
                self.separate();
                self.open_name();
                self.out.extend_from_slice(field.flat_name().as_bytes());
                self.close_name();
            }
        }
        self.progress.last = Some(field);
    }

    fn separate(&mut self) {
        if self.progress.last.is_some() || self.progress.has_labels {
            let separator = if self.encoder.format.is_json() {
                b','
            } else {
                b' '
            };
            self.out.push(separator);
        }
    }

    fn open_name(&mut self) {
        match self.encoder.format {
            Format::Ecs | Format::Json => self.out.push(b'"'),
            Format::Pretty if self.encoder.is_coloured => self.out.extend_from_slice(pretty::DIM),
            _ => {}
        }
    }

    fn close_name(&mut self) {
        match self.encoder.format {
            Format::Ecs | Format::Json => self.out.extend_from_slice(b"\":"),
            Format::Logfmt => self.out.push(b'='),
            Format::Pretty => {
                self.out.push(b'=');
                if self.encoder.is_coloured {
                    self.out.extend_from_slice(pretty::RESET);
                }
            }
        }
    }

    /// Goes to where the name of a label is to be. One that is `reserved` has another where fields have none around them.
    fn open_labels(&mut self, reserved: bool) {
        if self.progress.has_labels && self.encoder.format == Format::Ecs {
            return self.out.extend_from_slice(b",\"");
        }
        if !self.progress.has_identity {
            self.identity();
        }
        if self.encoder.format == Format::Ecs {
            self.close_objects();
            self.out.extend_from_slice(b",\"labels\":{");
        } else {
            self.separate();
        }
        self.open_name();
        if reserved && self.encoder.format != Format::Ecs {
            self.out.extend_from_slice(b"labels.");
        }
        self.progress.has_labels = true;
    }

    /// Makes the value of a label that begins at `start`, which is as JSON has it, what the format has: with ECS all are texts, since
    /// what is a number in one line may be none in the next.
    fn fit_label(&mut self, start: usize) {
        match self.encoder.format {
            Format::Ecs if self.out[start] != b'"' => {
                self.out.insert(start, b'"');
                self.out.push(b'"');
            }
            Format::Ecs | Format::Json => {}
            Format::Logfmt | Format::Pretty => make_bare(self.out, start),
        }
    }

    fn identity(&mut self) {
        if let Some(last) = self.encoder.last_of_identity {
            if self.encoder.format == Format::Ecs {
                self.close(self.progress.last.map_or(0, Field::depth));
            }
            self.out.extend_from_slice(&self.encoder.identity);
            self.progress.last = Some(last);
        }
        self.progress.has_identity = true;
    }

    fn close_objects(&mut self) {
        let open = match self.progress {
            Progress {
                has_labels: true, ..
            } => 1,
            Progress { last, .. } => last.map_or(0, Field::depth),
        };
        self.close(open);
    }

    fn close(&mut self, objects: usize) {
        self.out.extend_from_slice(&b"}}}"[..objects]);
    }

    fn styled(&mut self, style: &[u8], write: impl FnOnce(&mut Vec<u8>)) {
        if self.encoder.is_coloured {
            self.out.extend_from_slice(style);
        }
        write(self.out);
        if self.encoder.is_coloured {
            self.out.extend_from_slice(pretty::RESET);
        }
    }

    #[inline]
    fn before(&self) -> (usize, Progress) {
        (self.out.len(), self.progress)
    }

    /// Takes back what was written since if there was no room for it.
    #[inline]
    fn keep(&mut self, (length, progress): (usize, Progress)) {
        if self.out.len() - self.start > LONGEST_LINE - ROOM_FOR_END {
            self.out.truncate(length);
            self.progress = progress;
            self.is_truncated = true;
        }
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::encode::{
        Identity,
        escape::tests::{hostile, is_inert},
    };

    const ALL: [Format; 4] = [Format::Ecs, Format::Json, Format::Logfmt, Format::Pretty];

    fn encoder(format: Format) -> Encoder {
        let mut identity = Identity::of_service("shop");
        identity.set(field::PROCESS_PID, "42");
        identity.set(field::HOST_NAME, "host-1");
        Encoder::new(format, &identity)
    }

    fn line(encoder: &Encoder, write: impl FnOnce(&mut Line<'_>)) -> String {
        let mut out = Vec::new();
        let mut line = encoder.begin(&mut out, Timestamp::now(), Level::WARN, "shop::cart");
        write(&mut line);
        line.end();
        String::from_utf8(out).unwrap()
    }

    /// Without the time, which is checked.
    fn untimed(format: Format, write: impl FnOnce(&mut Line<'_>)) -> String {
        let line = line(&encoder(format), write);
        let (start, end) = match format {
            Format::Ecs => (r#"{"@timestamp":""#.len(), r#"","#.len()),
            Format::Json => (r#"{"timestamp":""#.len(), r#"","#.len()),
            Format::Logfmt => ("timestamp=".len(), " ".len()),
            Format::Pretty => (0, " ".len()),
        };
        let length = if format == Format::Pretty { 24 } else { 27 };
        let (time, rest) = line[start..].split_at(length);
        assert!(time.starts_with("20") && time.ends_with('Z'), "{time}");
        rest[end..].to_owned()
    }

    fn example(line: &mut Line<'_>) {
        line.text(field::MESSAGE, "said \"no\"");
        line.ascii(field::TRACE_ID, "00ff");
        line.only(field::EVENT_CATEGORY, "web");
        line.text(field::HTTP_REQUEST_METHOD, "GET");
        line.unsigned(field::HTTP_RESPONSE_STATUS_CODE, 503);
        line.text(field::URL_PATH, "/a b");
        line.label("http.route", Scalar::Text("/{id}"));
        line.label("tries", Scalar::Unsigned(3));
        line.label("level", Scalar::Bool(true));
    }

    #[test]
    fn ecs_has_objects_in_one_piece_and_labels_that_are_texts() {
        assert_eq!(
            untimed(Format::Ecs, example),
            concat!(
                r#""log":{"level":"warn","logger":"shop::cart"},"message":"said \"no\"","#,
                r#""ecs":{"version":"8.11.0"},"service":{"name":"shop"},"host":{"name":"host-1"},"process":{"pid":42},"#,
                r#""trace":{"id":"00ff"},"event":{"category":["web"]},"#,
                r#""http":{"request":{"method":"GET"},"response":{"status_code":503}},"url":{"path":"/a b"},"#,
                r#""labels":{"http_route":"/{id}","tries":"3","level":"true"}}"#,
                "\n",
            )
        );
    }

    #[test]
    fn json_has_one_object_without_others() {
        assert_eq!(
            untimed(Format::Json, example),
            concat!(
                r#""level":"warn","target":"shop::cart","message":"said \"no\"","#,
                r#""ecs.version":"8.11.0","service.name":"shop","host.name":"host-1","process.pid":42,"#,
                r#""trace.id":"00ff","event.category":"web","#,
                r#""http.request.method":"GET","http.response.status_code":503,"url.path":"/a b","#,
                r#""http.route":"/{id}","tries":3,"labels.level":true}"#,
                "\n",
            )
        );
    }

    #[test]
    fn logfmt_has_quotes_where_they_are_needed() {
        assert_eq!(
            untimed(Format::Logfmt, example),
            concat!(
                r#"level=warn target=shop::cart message="said \"no\"" trace.id=00ff event.category=web "#,
                r#"http.request.method=GET http.response.status_code=503 url.path="/a b" "#,
                "http.route=/{id} tries=3 labels.level=true\n",
            )
        );
    }

    #[test]
    fn people_read_the_message_as_it_is() {
        assert_eq!(
            untimed(Format::Pretty, example),
            concat!(
                r#" WARN shop::cart: said "no" trace.id=00ff event.category=web "#,
                r#"http.request.method=GET http.response.status_code=503 url.path="/a b" "#,
                "http.route=/{id} tries=3 labels.level=true\n",
            )
        );
        let coloured = line(&encoder(Format::Pretty).coloured(true), |line| {
            line.text(field::MESSAGE, "hello");
            line.label("a", Scalar::Unsigned(1));
        });
        let (_, rest) = coloured.split_at(28);
        assert_eq!(
            rest,
            "\u{1b}[0m \u{1b}[33m WARN\u{1b}[0m \u{1b}[2mshop::cart:\u{1b}[0m hello \u{1b}[2ma=\u{1b}[0m1\n"
        );
    }

    #[test]
    fn the_identity_is_there_whatever_else_is() {
        let read = |write: fn(&mut Line<'_>)| -> Value {
            serde_json::from_str(&line(&encoder(Format::Ecs), write)).unwrap()
        };
        let empty = |_: &mut Line<'_>| {};
        let label_alone = |line: &mut Line<'_>| line.label("a", Scalar::Text("b"));
        let around = |line: &mut Line<'_>| {
            line.text(field::LOG_ORIGIN_FILE_NAME, "src/cart.rs");
            line.ascii(field::PROCESS_THREAD_NAME, "main");
        };
        for write in [empty, label_alone, around] {
            let read = read(write);
            assert_eq!(read["service"], json!({"name": "shop"}));
            assert_eq!(read["process"]["pid"], 42);
            assert_eq!(read["log"]["logger"], "shop::cart");
        }
    }

    #[test]
    fn what_finds_no_room_is_left_out_and_the_line_says_so() {
        for format in ALL {
            let long = "\0".repeat(2 * LONGEST_VALUE);
            let line = line(&encoder(format), |line| {
                line.text(field::MESSAGE, &long);
                line.text(field::URL_PATH, &long);
                line.text(field::USER_ID, "ada");
                for _ in 0..2 {
                    line.label("long", Scalar::Text(&long));
                }
                line.label("short", Scalar::Text("kept"));
            });
            assert!(line.len() <= LONGEST_LINE, "{}", line.len());
            assert!(line.ends_with('\n') && line.matches('\n').count() == 1);
            assert!(
                line.contains("ada") && line.contains("kept") && line.contains("truncated"),
                "{format}"
            );
            if format.is_json() {
                serde_json::from_str::<Value>(&line).unwrap();
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]

        #[test]
        fn whatever_texts_say_it_is_one_inert_line_of_each_format(
            logger in hostile(), message in hostile(), path in hostile(), name in hostile(), value in hostile(),
        ) {
            for format in ALL {
                let mut out = Vec::new();
                let encoder = encoder(format);
                let mut line = encoder.begin(&mut out, Timestamp::now(), Level::INFO, &logger);
                line.text(field::MESSAGE, &message);
                line.text(field::URL_PATH, &path);
                line.label(&name, Scalar::Text(&value));
                let mut fields = Fields::default();
                fields.put(&format!("{name}2"), Scalar::Text(&value));
                line.fields(&fields);
                line.end();
                let text = String::from_utf8(out).unwrap();
                let inner = text.strip_suffix('\n').unwrap();
                prop_assert!(is_inert(inner), "{inner:?}");
                if format == Format::Ecs {
                    let read: Value = serde_json::from_str(inner)?;
                    prop_assert_eq!(&read["message"], &message);
                    prop_assert_eq!(&read["url"]["path"], &path);
                    let labels: BTreeMap<String, String> = serde_json::from_value(read["labels"].clone())?;
                    prop_assert!(labels.values().all(|label| *label == value));
                    prop_assert_eq!(labels.len(), 2);
                }
                if format == Format::Json {
                    let read: BTreeMap<String, Value> = serde_json::from_str(inner)?;
                    prop_assert_eq!(&read["target"], &logger);
                    prop_assert_eq!(&read["url.path"], &path);
                }
            }
        }
    }
}
