use super::{REDACTED, card, harmless, names::Names, query, reader::Reader, scanner};

/// What is kept out of what is told. By default:
///
/// - what goes by names such as `password`, `secret`, `token`, `api_key`, `authorization`, `cookie`, `session`, `card_number`
///   or `pin`, however they are written and with whatever is before and after them, but for those that only tell of such, as
///   `token_count` and `password_changed` do;
/// - in texts: such a name with its value, as in `password=...`, `--password ...`, JSON or the output of `Debug`, unless it is
///   `true` or `false`; user information in URLs; what follows `Bearer` and `Basic`; JSON Web Tokens; keys of clouds, forges and
///   payment services; private keys; numbers of cards, by Luhn's formula; e-mail addresses.
///
/// A name is only known where it is written in ASCII, and only its last 64 bytes count.
#[derive(Clone, Debug)]
#[must_use]
pub struct Redaction {
    pub(super) names: Names,
    pub(super) keeps_personal: bool,
    is_on: bool,
}

impl Redaction {
    /// The redaction that is on by default.
    pub fn new() -> Self {
        Self {
            names: Names::new(),
            keeps_personal: false,
            is_on: true,
        }
    }

    /// Redacts nothing.
    pub fn off() -> Self {
        Self {
            is_on: false,
            ..Self::new()
        }
    }

    /// Also redacts what goes by names that hold this one, whatever their last word. It is compared without regard to case
    /// and to what separates words. Default: those above.
    pub fn name(mut self, name: &str) -> Self {
        self.names.add(name);
        self
    }

    /// Tells what goes by exactly this name, compared likewise, though it holds one of a secret. Default: none.
    pub fn keep(mut self, name: &str) -> Self {
        self.names.keep(name);
        self
    }

    /// Tells e-mail addresses and numbers of cards, too, which are personal rather than credentials. Default: they are redacted.
    pub fn keep_personal(mut self) -> Self {
        self.keeps_personal = true;
        self
    }

    /// Whether what goes by this name is a secret.
    #[must_use]
    pub fn names_a_secret(&self, name: &str) -> bool {
        self.is_on && self.names.name_a_secret(name)
    }

    /// Whether this number is a secret by itself: that of a card.
    #[must_use]
    pub fn is_secret_number(&self, number: u64) -> bool {
        self.is_on && !self.keeps_personal && card::is_number(number)
    }

    /// The text with [`REDACTED`] in the place of its secrets, which is then written into `room`. It takes time that grows with the
    /// text's length alone; let that be bounded.
    #[must_use]
    pub fn text<'t>(&self, text: &'t str, room: &'t mut String) -> &'t str {
        room.clear();
        if self.is_on
            && !harmless::is_harmless(text)
            && scanner::scan(self, &Reader::new(text), room)
        {
            room
        } else {
            text
        }
    }

    /// As [`text`](Self::text), for the path of a URL: of most it is seen sooner that they have no secrets.
    #[must_use]
    pub fn path<'t>(&self, path: &'t str, room: &'t mut String) -> &'t str {
        if harmless::is_of_short_words(path) {
            path
        } else {
            self.text(path, room)
        }
    }

    /// As [`text`](Self::text), for the query of a URL, in which keys are encoded and separated by `&`.
    #[must_use]
    pub fn query<'t>(&self, query: &'t str, room: &'t mut String) -> &'t str {
        if !self.is_on {
            return query;
        }
        room.clear();
        for pair in query.split_inclusive('&') {
            let secret = pair.split_once('=').map(|(key, _)| key);
            match secret.filter(|key| query::is_secret(&self.names, key)) {
                Some(key) => {
                    let end = if pair.ends_with('&') { "&" } else { "" };
                    for part in [key, "=", REDACTED, end] {
                        room.push_str(part);
                    }
                }
                None if scanner::scan(self, &Reader::new(pair), room) => {}
                None => room.push_str(pair),
            }
        }
        room
    }
}

impl Default for Redaction {
    fn default() -> Self {
        Self::new()
    }
}
