//! The names that secrets go by.

/// What goes by a name that holds one of these is a secret, however the name is written: `api_key`, `X-Api-Key`, `apiKey`.
const PARTS: [&str; 19] = [
    "accesskey",
    "accountkey",
    "apikey",
    "authorization",
    "cardno",
    "cardnumber",
    "cookie",
    "credential",
    "csrf",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "secret",
    "session",
    "signature",
    "token",
    "xsrf",
];

/// Those that are parts of other words, too, and count as words of their own alone.
const WORDS: [&str; 10] = [
    "auth", "cvc", "cvv", "dsn", "jwt", "otp", "pin", "pwd", "sid", "ssn",
];

/// What holds one of those and ends with such a word tells of secrets without being one: `token_count`, `session_started_at`,
/// `max_tokens`.
const DESCRIBING: [&str; 30] = [
    "age", "at", "attempts", "changed", "count", "enabled", "endpoint", "expired", "expires",
    "expiry", "file", "invalid", "kind", "length", "limit", "missing", "name", "path", "required",
    "sessions", "size", "status", "timeout", "tokens", "total", "ttl", "type", "used", "valid",
    "version",
];

/// How many bytes of a name count: the last.
const LONGEST: usize = 64;

/// Which names are those of secrets.
#[derive(Clone, Debug)]
pub(super) struct Names {
    /// By their first letters.
    secrets: [Vec<Secret>; LETTERS],
    kept: Vec<Box<[u8]>>,
}

const LETTERS: usize = 26;

#[derive(Clone, Debug)]
struct Secret {
    name: Box<[u8]>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Part,
    Word,
    /// A part that the application named, which counts whatever the last word is.
    Added,
}

impl Names {
    pub(super) fn new() -> Self {
        let mut names = Self {
            secrets: Default::default(),
            kept: Vec::new(),
        };
        PARTS.iter().for_each(|part| names.insert(part, Kind::Part));
        WORDS.iter().for_each(|word| names.insert(word, Kind::Word));
        names
    }

    pub(super) fn add(&mut self, name: &str) {
        self.insert(name, Kind::Added);
    }

    /// One without a letter of ASCII at its beginning names nothing.
    fn insert(&mut self, name: &str, kind: Kind) {
        let normal = Normal::of(name);
        let name = Box::from(normal.text());
        if let Some(letter) = normal.text().first().and_then(|first| letter(*first)) {
            self.secrets[letter].push(Secret { name, kind });
        }
    }

    pub(super) fn keep(&mut self, name: &str) {
        self.kept.push(Normal::of(name).text().into());
    }

    pub(super) fn name_a_secret(&self, name: &str) -> bool {
        let normal = Normal::of(name);
        let text = normal.text();
        let mut places = 0..text.len();
        places.any(|start| self.is_secret_at(&normal, start))
            && !self.kept.iter().any(|kept| **kept == *text)
    }

    fn is_secret_at(&self, name: &Normal, start: usize) -> bool {
        let rest = &name.text()[start..];
        let Some(letter) = rest.first().and_then(|first| letter(*first)) else {
            return false;
        };
        self.secrets[letter].iter().any(|secret| {
            let is_whole = || name.is_word(start, start + secret.name.len());
            rest.starts_with(&secret.name)
                && match secret.kind {
                    Kind::Part => !name.describes(),
                    Kind::Word => !name.describes() && is_whole(),
                    Kind::Added => true,
                }
        })
    }
}

fn letter(byte: u8) -> Option<usize> {
    byte.is_ascii_lowercase().then(|| usize::from(byte - b'a'))
}

/// A name in lower case and without what separates its words.
struct Normal {
    bytes: [u8; LONGEST],
    length: usize,
    /// A bit for each place at which a word begins.
    starts: u64,
}

impl Normal {
    fn of(name: &str) -> Self {
        let mut normal = Self {
            bytes: [0; LONGEST],
            length: 0,
            starts: 0,
        };
        let name = name.as_bytes();
        let mut begins = true;
        let mut was_upper = true;
        for byte in &name[name.len().saturating_sub(LONGEST)..] {
            if matches!(byte, b'_' | b'-' | b'.' | b' ') {
                begins = true;
                continue;
            }
            let is_upper = byte.is_ascii_uppercase();
            normal.starts |= u64::from(begins || is_upper && !was_upper) << normal.length;
            normal.bytes[normal.length] = byte.to_ascii_lowercase();
            normal.length += 1;
            begins = false;
            was_upper = is_upper;
        }
        normal
    }

    fn text(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    fn starts_at(&self, place: usize) -> bool {
        self.starts.checked_shr(place as u32).unwrap_or(0) & 1 != 0
    }

    fn is_word(&self, start: usize, end: usize) -> bool {
        self.starts_at(start) && (end == self.length || self.starts_at(end))
    }

    fn describes(&self) -> bool {
        DESCRIBING.contains(&self.last_word())
    }

    fn last_word(&self) -> &str {
        let last = u64::BITS - 1 - self.starts.leading_zeros().min(u64::BITS - 1);
        str::from_utf8(&self.text()[(last as usize).min(self.length)..]).unwrap_or_default()
    }
}
