use std::borrow::Cow;

use regex_lite::{Captures, Regex};

use super::{FILTERED, sql};

/// Names of secrets, as parts of names.
const SECRET_NAMES: &str = "passw(?:or)?d|passphrase|passcode|pwd|secret|token|api[_.-]?key|access[_.-]?key|\
    private[_.-]?key|authorization|cookie|session|credential|signature|card[_.-]?(?:number|no)|csrf|xsrf";
/// Those that are parts of other words, too.
const SHORT_NAMES: &str = "auth|cvc|cvv|dsn|jwt|otp|pin|sid|ssn";

/// What secrets and personal data look like.
#[derive(Debug)]
pub(super) struct Rules {
    secret_name: Regex,
    secrets: Vec<(Regex, &'static str)>,
    card: Regex,
    personal: Vec<(Regex, &'static str)>,
}

impl Rules {
    pub(super) fn new() -> Self {
        let named = format!(
            r#"(?i)\b((?:[a-z0-9_.-]*(?:{SECRET_NAMES})[a-z0-9_.-]*|(?:[a-z0-9]+[_.-])*(?:{SHORT_NAMES})(?:[_.-][a-z0-9]+)*)["'\\]*\s*(?:=>|[:=])\s*)"#
        );
        let secrets = [
            // The user information of a URL. A password may hold whatever separates words elsewhere, but for white space.
            (r#"([a-zA-Z][a-zA-Z0-9+.-]*://)[^\s"'<>@]*@(?:[^\s"'<>/@]*@)*"#.to_owned(), "${1}[Filtered]@"),
            // Those that take the whole line.
            (r#"(?im)\b((?:proxy-)?authorization|(?:set-)?cookie)(["']?\s*[:=]\s*)[^\r\n]+"#.to_owned(), "${1}${2}[Filtered]"),
            (format!(r#"{named}\\+"[^"]*""#), "${1}[Filtered]"),
            (format!(r#"{named}"(?:[^"\\]|\\.)*""#), "${1}\"[Filtered]\""),
            (format!("{named}'(?:[^'\\\\]|\\\\.)*'"), "${1}'[Filtered]'"),
            (format!(r#"{named}[^\s"',;&)\]}}]+"#), "${1}[Filtered]"),
            (r#"(?i)([?&](?:code|key|sig)=)[^\s&"'<>#]+"#.to_owned(), "${1}[Filtered]"),
            (r#"(?i)\b(password|passphrase|secret)(\s+)("[^"]*"|'[^']*'|`[^`]*`)"#.to_owned(), "${1}${2}[Filtered]"),
            (r"(?i)\b(bearer|basic|digest)\s+[a-z0-9._~+/=-]{8,}".to_owned(), "${1} [Filtered]"),
            // What clouds and forges give out.
            (r"\beyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){0,4}".to_owned(), FILTERED),
            (r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b".to_owned(), FILTERED),
            (r"\b(?:gh[opsur]_|github_pat_|glpat-|xox[abeoprs]-|npm_|pypi-|whsec_|dop_v1_|hvs\.|SG\.)[A-Za-z0-9_.-]{8,}".to_owned(), FILTERED),
            (r"\b[rsp]k[_-](?:live[_-]|test[_-]|proj[_-]|ant[_-])?[A-Za-z0-9_-]{16,}".to_owned(), FILTERED),
            (r"\bAIza[A-Za-z0-9_-]{30,}".to_owned(), FILTERED),
            (r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|$)".to_owned(), FILTERED),
        ];
        let personal = [
            (
                r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}\b",
                FILTERED,
            ),
            // The values in the query of a URL.
            (
                r#"([?&][A-Za-z0-9_.%\[\]-]+=)[^\s&"'<>#]+"#,
                "${1}[Filtered]",
            ),
            // What databases tell of the values that they did not take.
            (
                r"(?i)(key \([^)]*\)=)\((?:[^()]|\([^()]*\))*\)",
                "${1}([Filtered])",
            ),
            (r"(?i)(failing row contains )\([^\r\n]*", "${1}([Filtered])"),
            (
                r#"(?i)(duplicate entry |near |invalid input [^:\r\n]*: |incorrect [a-z ]*value: )("[^"\r\n]*"|'[^'\r\n]*')"#,
                "${1}[Filtered]",
            ),
        ];
        Self {
            secret_name: regex(&format!(
                "(?i)(?:{SECRET_NAMES}|(?:^|[^a-z])(?:{SHORT_NAMES})(?:[^a-z]|$))"
            )),
            secrets: secrets
                .iter()
                .map(|(rule, by)| (regex(rule), *by))
                .collect(),
            card: regex(r"\b(?:[0-9][ -]?){12,18}[0-9]\b"),
            personal: personal
                .iter()
                .map(|(rule, by)| (regex(rule), *by))
                .collect(),
        }
    }

    /// Whether what goes by this name is a secret.
    pub(super) fn names_a_secret(&self, name: &str) -> bool {
        self.secret_name.is_match(name)
    }

    pub(super) fn take_secrets(&self, text: &mut String) {
        replace_all(&self.secrets, text);
    }

    pub(super) fn take_personal(&self, text: &mut String) {
        replace_all(&self.personal, text);
        replace(text, |text| {
            self.card.replace_all(text, |found: &Captures<'_>| {
                if is_card(&found[0]) {
                    FILTERED.to_owned()
                } else {
                    found[0].to_owned()
                }
            })
        });
        replace(text, sql::without_literals);
    }
}

fn regex(rule: &str) -> Regex {
    #[expect(clippy::unwrap_used, reason = "a test compiles each rule")]
    Regex::new(rule).unwrap()
}

fn replace_all(rules: &[(Regex, &'static str)], text: &mut String) {
    for (rule, by) in rules {
        replace(text, |text| rule.replace_all(text, *by));
    }
}

fn replace(text: &mut String, by: impl FnOnce(&str) -> Cow<'_, str>) {
    if let Cow::Owned(replaced) = by(text) {
        *text = replaced;
    }
}

/// Whether the digits are a number of a card, by [Luhn's
/// formula](https://www.iso.org/standard/70484.html).
fn is_card(text: &str) -> bool {
    let digits = text.chars().rev().filter_map(|letter| letter.to_digit(10));
    let sum: u32 = digits
        .enumerate()
        .map(|(place, digit)| match place % 2 {
            0 => digit,
            _ => digit * 2 / 10 + digit * 2 % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}
