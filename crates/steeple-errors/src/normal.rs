/// What stands for what differs from one message to the next.
const HOLE: &str = "<*>";

/// `message` without what makes it one of many: quoted text, and words that hold a digit or an `@`, as numbers, ids, addresses,
/// dates, versions and hexadecimal text do, are a hole each; several in a row are one.
pub(crate) fn normalised(message: &str) -> String {
    let mut text = String::with_capacity(message.len());
    let mut previous = None;
    let mut rest = message;
    while let Some(first) = rest.chars().next() {
        let (piece, after) = rest.split_at(match first {
            '"' | '`' => quoted(rest, first).unwrap_or(rest.len()),
            // The others are apostrophes.
            '\'' if !previous.is_some_and(char::is_alphanumeric) => {
                quoted(rest, first).unwrap_or(first.len_utf8())
            }
            _ if is_of_word(first) => word(rest),
            _ => first.len_utf8(),
        });
        if is_variable(piece) {
            push_hole(&mut text);
        } else {
            text.push_str(piece);
        }
        previous = piece.chars().next_back();
        rest = after;
    }
    text
}

fn push_hole(text: &mut String) {
    let before = text.trim_end_matches([' ', ',', ';', ':', '/', '+', '|', '.']);
    if before.ends_with(HOLE) {
        text.truncate(before.len());
    } else {
        text.push_str(HOLE);
    }
}

/// The length of the text in quotes that `text` begins with; none if it does not end, as where a message was cut.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    let mut inside = text.char_indices().skip(1).peekable();
    while let Some((at, character)) = inside.next() {
        let is_apostrophe = quote == '\''
            && inside
                .peek()
                .is_some_and(|(_, next)| next.is_alphanumeric());
        if character == quote && !is_escaped && !is_apostrophe {
            return Some(at + quote.len_utf8());
        }
        is_escaped = character == '\\' && !is_escaped;
    }
    None
}

/// The length of the word that `text` begins with, without the dots that end a sentence; at least one character.
fn word(text: &str) -> usize {
    let end = text.find(|c| !is_of_word(c)).unwrap_or(text.len());
    text[..end].trim_end_matches('.').len().max(1)
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-' | '@' | '.')
}

fn is_variable(piece: &str) -> bool {
    /// How long hexadecimal text without a digit is that is no word of a language.
    const LONG: usize = 12;
    let is_quoted = piece.len() > 1 && piece.starts_with(['"', '`', '\'']);
    let is_hexadecimal = || piece.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    is_quoted
        || piece.contains(|c: char| c.is_numeric() || c == '@')
        || piece.len() >= LONG && is_hexadecimal() && !piece.starts_with('-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_differs_from_one_message_to_the_next_is_a_hole() {
        for (message, normal) in [
            ("no user 7", "no user <*>"),
            ("no user -7.5e3.", "no user <*>."),
            ("order 0xdeadBEEF is gone", "order <*> is gone"),
            ("key abcdefabcdef is gone", "key <*> is gone"),
            ("id 6f1c9d7e-1e2b-4c3d-8e9f-0123456789ab", "id <*>"),
            ("no row \"a \\\" b\" in 'it''", "no row <*> in <*>'"),
            (
                "`cargo` isn't here, it's there",
                "<*> isn't here, it's there",
            ),
            ("cut \"in the midd", "cut <*>"),
            ("tcp 10.0.0.1:8080 refused", "tcp <*> refused"),
            ("[::1]:8080, 2026-11-22T10:00:00Z", "[::<*>]:<*>"),
            ("one of 1, 2, 3", "one of <*>"),
            ("mail to ada@example.org failed", "mail to <*> failed"),
            ("the database is away", "the database is away"),
            ("", ""),
        ] {
            assert_eq!(normalised(message), normal, "{message}");
        }
    }

    proptest! {
        #[test]
        fn ids_do_not_matter_whatever_is_around_them(
            before in "[a-z ]{0,9}[ (=]", after in "[ ,)][a-z ]{0,9}", one in id(), other in id()
        ) {
            let of = |id: &str| normalised(&format!("{before}{id}{after}"));
            prop_assert_eq!(of(&one), of(&other));
        }

        #[test]
        fn any_text_is_taken(text in ".*") {
            let normal = normalised(&text);
            prop_assert!(normal.len() <= 3 * text.len().max(1));
        }
    }

    fn id() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<u64>().prop_map(|number| number.to_string()),
            any::<f64>().prop_map(|number| number.to_string()),
            any::<u128>().prop_map(|number| format!("{number:#034x}")),
            "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}",
            "\"[a-z0-9 ]{0,12}\"",
            "'[a-z0-9 ]{1,12}'",
            "[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}:[0-9]{2,5}",
        ]
    }
}
