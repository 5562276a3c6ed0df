use std::borrow::Cow;

use regex_lite::Regex;
use steeple_core::redaction::REDACTED;

use super::sql;

/// What is personal by where it stands: whatever follows the first group is taken out.
const RULES: [&str; 4] = [
    // The values in the query of a URL.
    r#"([?&][A-Za-z0-9_.%\[\]-]+=)[^\s&"'<>#]+"#,
    // What databases tell of the values that they did not take.
    r"(?i)(key \([^)]*\)=)\((?:[^()]|\([^()]*\))*\)",
    r"(?i)(failing row contains )\([^\r\n]*",
    r#"(?i)(duplicate entry |near |invalid input [^:\r\n]*: |incorrect [a-z ]*value: )(?:"[^"\r\n]*"|'[^'\r\n]*')"#,
];

/// Takes what is personal out of texts, as far as [`Redaction`](steeple_core::redaction::Redaction) does not know it.
#[derive(Debug)]
pub(super) struct Personal(Vec<Regex>);

impl Personal {
    pub(super) fn new() -> Self {
        Self(RULES.map(regex).into())
    }

    pub(super) fn take_out(&self, text: &mut String) {
        let by = format!("${{1}}{REDACTED}");
        for rule in &self.0 {
            replace(text, |text| rule.replace_all(text, &*by));
        }
        replace(text, sql::without_literals);
    }
}

fn regex(rule: &str) -> Regex {
    #[expect(clippy::unwrap_used, reason = "a test compiles each rule")]
    Regex::new(rule).unwrap()
}

fn replace(text: &mut String, by: impl FnOnce(&str) -> Cow<'_, str>) {
    if let Cow::Owned(replaced) = by(text) {
        *text = replaced;
    }
}
