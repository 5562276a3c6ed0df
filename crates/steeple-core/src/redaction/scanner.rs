//! Finds secrets in a text, in one pass.

use std::ops::Range;

use super::{REDACTED, Redaction, card, keys, query, reader::Reader, value};

/// What a byte may be the beginning of, or what follows it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Nothing.
    Other,
    /// A letter, digit, dash or underscore: a name, a key, the number of a card.
    Word,
    /// Perhaps in the middle of an e-mail address.
    At,
    /// Perhaps the same, encoded by percents.
    Percent,
    /// Perhaps between a name and its value.
    Separator,
    /// Perhaps behind a name and in front of its value.
    Quote,
}

pub(super) const CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => Class::Word,
            b'@' => Class::At,
            b'%' => Class::Percent,
            b'=' | b':' => Class::Separator,
            b'"' | b'\'' | b'`' => Class::Quote,
            _ => Class::Other,
        };
        byte += 1;
    }
    classes
};

/// How many bytes the part of an e-mail address in front of the `@` has at most ([RFC
/// 5321](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.1)).
const LONGEST_LOCAL_PART: usize = 64;

/// How long a word is at least that is a secret by itself: that of a card's number.
pub(super) const SHORTEST_SECRET: usize = 13;

/// Adds a text without its secrets to `room`, if it has any.
pub(super) fn scan(redaction: &Redaction, reader: &Reader<'_>, room: &mut String) -> bool {
    let mut scanner = Scanner {
        redaction,
        reader,
        room,
        at: 0,
        told: 0,
        has_told: false,
        word: 0..0,
        no_user_until: 0,
    };
    scanner.run();
    scanner.finish()
}

struct Scanner<'a, 't> {
    redaction: &'a Redaction,
    reader: &'a Reader<'t>,
    room: &'a mut String,
    at: usize,
    /// Up to where the text is decided on.
    told: usize,
    has_told: bool,
    /// The last word before [`at`](Self::at).
    word: Range<usize>,
    /// Up to where no `@` is left in what separators do not end.
    no_user_until: usize,
}

impl Scanner<'_, '_> {
    fn run(&mut self) {
        while let Some(byte) = self.reader.at(self.at) {
            match CLASSES[usize::from(byte)] {
                Class::Other => self.at += 1,
                Class::Word => self.word(),
                Class::At => self.address(1),
                Class::Percent if self.reader.is_at(self.at, "%40") => self.address(3),
                // The number of a card may follow.
                Class::Percent if self.reader.is_at(self.at, "%20") => self.at += 3,
                Class::Percent => self.at += 1,
                Class::Separator => self.separator(byte),
                Class::Quote => self.quote(byte),
            }
        }
    }

    fn finish(self) -> bool {
        if self.has_told {
            let rest = self.told..self.reader.len();
            self.room.push_str(self.reader.part(rest));
        }
        self.has_told
    }

    /// Hides what is in a range, which begins and ends next to ASCII, and goes on behind it.
    fn hide(&mut self, range: Range<usize>) {
        self.has_told = true;
        let before = self.told..range.start;
        self.room.push_str(self.reader.part(before));
        self.room.push_str(REDACTED);
        (self.told, self.at, self.word) = (range.end, range.end, range.end..range.end);
    }

    #[inline]
    fn word(&mut self) {
        let start = self.at;
        let end = self.reader.end_of(start + 1, is_of_word);
        self.at = end;
        self.word = start..end;
        let length = end - start;
        // Those of other lengths are nothing by themselves.
        if length >= 4 {
            self.long_word(start, end);
        }
    }

    fn long_word(&mut self, start: usize, end: usize) {
        let length = end - start;
        let first = self.reader.at(start).unwrap_or(0);
        if first == b'-' && self.reader.is_at(start, "--") && self.is_told_by_dashes(start, end) {
            return;
        }
        if length == 5 || length == 6 {
            // Bearer, basic, digest.
            if matches!(first, b'b' | b'B' | b'd' | b'D') {
                self.scheme(start..end);
            }
            return;
        }
        if length == 4 {
            if first.is_ascii_digit() {
                self.card(start..start + 1);
            }
            return;
        }
        if length >= keys::SHORTEST
            && let Some((start, end)) = keys::range(self.reader, start, end)
        {
            return self.hide(start.max(self.told)..end);
        }
        if length >= SHORTEST_SECRET {
            self.card(start..end);
        }
    }

    /// Whether a word that dashes begin is the beginning of a private key, or an option of which the argument is a secret.
    fn is_told_by_dashes(&mut self, start: usize, end: usize) -> bool {
        if self.reader.is_at(start, "-----BEGIN") {
            self.private_key(start, end);
            return true;
        }
        let name = self.reader.part(start..end);
        let argument = self
            .argument(end)
            .filter(|_| self.redaction.names.name_a_secret(name));
        argument.inspect(|at| self.value(name, *at)).is_some()
    }

    /// Where the argument of an option begins that ends at `end`, in a command or in what `Debug` prints of one.
    fn argument(&self, end: usize) -> Option<usize> {
        let quote = self.reader.at(end).filter(|byte| is_quote(*byte));
        let from = end + usize::from(quote.is_some());
        let is_between = |byte: u8| {
            matches!(byte, b' ' | b'\t') || quote.is_some() && matches!(byte, b',' | b'\r' | b'\n')
        };
        let start = self.reader.end_of(from, is_between);
        let is_quoted_alike = quote.is_none() || self.reader.at(start) == quote;
        let content = start + usize::from(quote.is_some());
        // The next option, or what stands for an argument where a command tells how it is used.
        let is_other = matches!(self.reader.at(content), Some(b'-' | b'<'));
        (start > from && is_quoted_alike && !is_other).then_some(start)
    }

    /// The number of a card that begins in a range of a word: at its start or behind a dash.
    fn card(&mut self, starts: Range<usize>) {
        if self.redaction.keeps_personal {
            return;
        }
        for start in starts.clone() {
            if (start == starts.start || self.reader.before(start) == Some(b'-'))
                && let Some(end) = card::end(self.reader, start)
            {
                return self.hide(start..end);
            }
        }
    }

    /// What follows the name of a scheme of `Authorization`.
    fn scheme(&mut self, word: Range<usize>) {
        let is_scheme = ["basic", "bearer", "digest"]
            .iter()
            .any(|scheme| self.is_word(&word, scheme));
        if !is_scheme {
            return;
        }
        let start = self.blanks_from(word.end);
        let belongs = |byte: u8| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'.' | b'_' | b'~' | b'+' | b'/' | b'=' | b'-')
        };
        let end = self.reader.end_of(start, belongs);
        if start > word.end && end - start >= 8 && is_random(self.reader.part(start..end)) {
            self.hide(start..end);
        }
    }

    /// A key in the textual form of [RFC 7468](https://www.rfc-editor.org/rfc/rfc7468).
    fn private_key(&mut self, start: usize, end: usize) {
        const LABEL: &str = "PRIVATE KEY-----";
        if self.reader.find(LABEL, end..end + 40).is_none() {
            return;
        }
        let length = self.reader.len();
        let last = self.reader.find("-----END", end..length);
        let label = last.and_then(|last| self.reader.find(LABEL, last..length));
        self.hide(start..label.map_or(length, |label| label + LABEL.len()));
    }

    /// An e-mail address around an `@`, which takes so many bytes.
    fn address(&mut self, width: usize) {
        let at = self.at;
        let is_local = |byte: u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-')
        };
        let floor = self.told.max(at.saturating_sub(LONGEST_LOCAL_PART));
        let start = self.reader.start_of(at, floor, is_local);
        let is_domain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
        let from = at + width;
        let end = self.reader.end_of(from, is_domain);
        let end = (self.reader).start_of(end, from, |byte| matches!(byte, b'.' | b'-'));
        let top = (self.reader).start_of(end, from, |byte| byte.is_ascii_alphabetic());
        let has_top = end - top >= 2 && top > from && self.reader.before(top) == Some(b'.');
        if start < at && has_top && !self.redaction.keeps_personal {
            self.hide(start..end);
        } else {
            self.at = from;
        }
    }

    fn separator(&mut self, byte: u8) {
        let at = self.at;
        self.at += 1;
        if byte == b':' {
            if self.reader.is_at(at, "::") {
                // A path of Rust's.
                self.at += 1;
                return;
            }
            if self.reader.is_at(at, "://") {
                return self.user(at + 3);
            }
        }
        let gap = self.reader.part(self.word.end..at.min(self.word.end + 5));
        let is_gap = |byte: u8| matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'`' | b'\\');
        if self.word.is_empty() || self.word.end + gap.len() < at || !gap.bytes().all(is_gap) {
            return;
        }
        let name = self.reader.part(self.word.clone());
        if self.redaction.names.name_a_secret(name) || byte == b'=' && self.is_key_of_query() {
            // Behind all of an arrow.
            let behind = at + 1 + usize::from(self.reader.at(at + 1) == Some(b'>'));
            self.value(name, self.blanks_from(behind));
        }
    }

    /// Whether the last word is a key by which queries of APIs tell secrets, and stands in one.
    fn is_key_of_query(&self) -> bool {
        query::is_key(self.reader.part(self.word.clone()))
            && matches!(self.reader.before(self.word.start), Some(b'?' | b'&'))
    }

    /// The value of a secret, which begins at `start`.
    fn value(&mut self, name: &str, start: usize) {
        let is_quoted = matches!(self.reader.at(start), Some(b'"' | b'\'' | b'\\'));
        if self.reader.is_at(start, REDACTED)
            // The working directory of a shell.
            || name == "PWD" && self.reader.at(start + usize::from(is_quoted)) == Some(b'/')
        {
            return;
        }
        let ends_with = |end: &str| {
            let start = name.len().checked_sub(end.len());
            start.is_some_and(|start| name.as_bytes()[start..].eq_ignore_ascii_case(end.as_bytes()))
        };
        let mut end = value::end(self.reader, start);
        // The fields of HTTP whose values hold blanks.
        if !is_quoted && (ends_with("authorization") || ends_with("cookie")) {
            end = (self.reader).end_of(end, |byte| !matches!(byte, b'\r' | b'\n'));
        }
        // What only tells whether there is one.
        let is_plain = ["true", "false"]
            .iter()
            .any(|plain| self.is_word(&(start..end), plain));
        if !is_plain {
            self.hide_value(start..end);
        }
    }

    /// Hides a value but for the quotes around it.
    fn hide_value(&mut self, range: Range<usize>) {
        let Range { start, end } = range;
        let first = self.reader.at(start);
        if first.is_some_and(is_quote) && end - start >= 2 && self.reader.before(end) == first {
            self.hide(start + 1..end - 1);
        } else if start < end {
            self.hide(start..end);
        }
    }

    /// The [user information](https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1) of a URL, whose authority begins at `start`.
    fn user(&mut self, start: usize) {
        let ends_url = |byte: u8| {
            byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>')
        };
        let ends_authority = |byte: u8| ends_url(byte) || matches!(byte, b'/' | b'?' | b'#');
        self.at = start;
        let authority = self.reader.end_of(start, |byte| !ends_authority(byte));
        let user = self.reader.start_of(authority, start, |byte| byte != b'@');
        if user > start + 1 {
            return self.hide(start..user - 1);
        }
        // A password may hold what is to be encoded in it, so that what looks like the port is none.
        let port = self.reader.end_of(start, |byte| byte != b':') + 1;
        let is_port = |byte: u8| byte.is_ascii_digit();
        let has_port = port >= authority || self.reader.end_of(port, is_port) >= authority;
        if has_port || self.reader.at(start) == Some(b'[') || start < self.no_user_until {
            return;
        }
        let at = (self.reader).end_of(authority, |byte| !ends_url(byte) && byte != b'@');
        if self.reader.at(at) == Some(b'@') {
            self.hide(start..at);
        } else {
            self.no_user_until = at;
        }
    }

    /// What is quoted behind a word that says what it is.
    fn quote(&mut self, quote: u8) {
        let at = self.at;
        self.at += 1;
        if self.word.end == at && self.reader.at(at + 1) == Some(b',') {
            return self.pair(at, quote);
        }
        let is_behind_blank = matches!(self.reader.before(at), Some(b' ' | b'\t'));
        if is_behind_blank
            && self.word.end + 1 == at
            && ["password", "passphrase", "secret"]
                .iter()
                .any(|name| self.is_word(&self.word, name))
        {
            let end = value::quoted(self.reader, at, quote);
            self.hide_value(at..end);
        }
    }

    /// The second of a pair, as `Debug` prints it, behind a name that a quote ends at `at`.
    fn pair(&mut self, at: usize, quote: u8) {
        let is_blank = |byte: u8| byte.is_ascii_whitespace();
        let word = self.word.clone();
        if word.is_empty() || self.reader.before(word.start) != Some(quote) {
            return;
        }
        let first = (self.reader).start_of(word.start - 1, self.told, is_blank);
        let name = self.reader.part(word);
        if self.reader.before(first) == Some(b'(') && self.redaction.names.name_a_secret(name) {
            self.value(name, self.reader.end_of(at + 2, is_blank));
        }
    }

    fn is_word(&self, word: &Range<usize>, expected: &str) -> bool {
        word.len() == expected.len()
            && (self.reader.part(word.clone())).eq_ignore_ascii_case(expected)
    }

    /// Where the blanks from a place on end.
    fn blanks_from(&self, place: usize) -> usize {
        (self.reader).end_of(place, |byte| matches!(byte, b' ' | b'\t'))
    }
}

#[inline(always)]
pub(super) fn is_of_word(byte: u8) -> bool {
    CLASSES[usize::from(byte)] == Class::Word
}

fn is_quote(byte: u8) -> bool {
    CLASSES[usize::from(byte)] == Class::Quote
}

/// Whether this is not just a word.
fn is_random(text: &str) -> bool {
    let is_random = |byte: u8| byte.is_ascii_digit() || byte == b'=' || byte.is_ascii_uppercase();
    text.bytes().skip(1).any(is_random)
}
