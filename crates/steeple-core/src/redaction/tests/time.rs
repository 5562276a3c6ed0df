//! How long looking takes, whatever the text.

use proptest::prelude::*;

use super::{
    super::{reader::Reader, scanner},
    *,
};

/// How often a byte is looked at for each that there is.
fn reads_of(text: &str) -> usize {
    let reader = Reader::new(text);
    let _ = scanner::scan(&Redaction::new(), &reader, &mut String::new());
    reader.reads.get()
}

/// How often a byte is looked at, at most.
const MOST_READS: usize = 24;

#[test]
fn texts_made_to_be_slow_take_time_that_grows_with_their_length() {
    for part in [
        "a",
        "@",
        "a@",
        "a.a",
        "://",
        "://a:b",
        "a://u:p/",
        "=",
        "a=",
        "password=",
        "password='",
        "token:",
        "(",
        "\"",
        "'",
        "\\",
        "\\\"",
        "password=(",
        "bearer ",
        "basic ",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY",
        "-----END",
        "4111 ",
        "4111-1111-",
        "2-",
        "5555 5555 5555 5555 ",
        "eyJ",
        "eyJ.",
        "SG.",
        "sk-",
        "hvs.aaaaaaaaaaaaaaaaaaaa ",
        "%40",
        "a%40",
        "?key=",
        "&code=",
        "password \"",
        "secret `",
        "\u{20ac}",
        "authorization:",
        "::",
        "http://user:",
        "password: (\n",
        "password: A {\n",
        "password: A { ",
        "password: A { \n",
        "cookie: (\n",
        "password: true ",
        "(\"password\", ",
        "(\"a\", ",
        "\"a\",\n\n\n\n",
        "--password ",
        "--password  -",
        "\"--password\",,,,",
        "\"--password\" \"-",
        "4111+",
        "4111%20",
        "%20",
    ] {
        for length in [1_000, 10_000] {
            let text = part.repeat(length / part.len());
            let reads = reads_of(&text);
            assert!(
                reads <= MOST_READS * (text.len() + 8),
                "{part}: {reads} for {length}"
            );
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_read_in_linear_time_and_split_between_characters(
        parts in prop::collection::vec(
            prop_oneof![
                prop::sample::select(vec![
                    "password", "=", ":", "://", "@", "bearer ", "4111 1111 ", "eyJhbGciOiJIUzI1NiJ9", ".", "\"", "'", "\\",
                    "(", ")", "%40", "-----BEGIN PRIVATE KEY-----", "\u{20ac}", " ", "\n", "example.org", "SG.", "key=", "?",
                    "--password ", "Some(\n", " { ", "Token", ",", "%20", "4111+1111+", "true",
                ]).prop_map(str::to_owned),
                any::<String>(),
            ],
            0..60,
        )
    ) {
        let text = parts.concat();
        prop_assert!(reads_of(&text) <= MOST_READS * (text.len() + 8));
        let mut room = String::new();
        let left = Redaction::new().text(&text, &mut room);
        // What is kept is of the text, in its order.
        let mut rest = text.as_str();
        for kept in left.split(REDACTED) {
            let at = rest.find(kept);
            prop_assert!(at.is_some(), "{kept:?} of {text:?}");
            rest = &rest[at.unwrap_or(0) + kept.len()..];
        }
        let _ = Redaction::new().query(&text, &mut String::new());
    }
}
