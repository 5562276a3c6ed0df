//! Statements of SQL without their literals.

use std::borrow::Cow;

/// The words of which a text has one if it holds a statement, followed somewhere by the other.
const STATEMENTS: [(&str, &str); 7] = [
    ("select ", " from "),
    ("insert ", "into "),
    ("update ", " set "),
    ("delete ", "from "),
    ("merge ", "into "),
    ("where ", "="),
    ("values", "("),
];

/// The text with `?` for each literal, if it holds a statement.
pub(super) fn without_literals(text: &str) -> Cow<'_, str> {
    let lower = text.to_ascii_lowercase();
    let holds = |(first, second): &(&str, &str)| {
        lower
            .find(first)
            .is_some_and(|at| lower[at + first.len() - 1..].contains(second))
    };
    if !STATEMENTS.iter().any(holds) {
        return Cow::Borrowed(text);
    }
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let word = matches!(left.chars().next_back(), Some(before) if is_of_word(before));
        let literal = match next {
            '\'' | '"' => Some(quoted(rest, next)),
            '$' if !word => dollar_quoted(rest),
            digit if digit.is_ascii_digit() && !word => Some(number(rest)),
            _ => None,
        };
        match literal {
            Some(length) => {
                left.push('?');
                rest = &rest[length..];
            }
            None => {
                left.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
    }
    Cow::Owned(left)
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The length of a literal in quotes, which are doubled or escaped in it; all that is left if it does not end.
fn quoted(text: &str, quote: char) -> usize {
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' {
            letters.next();
        } else if letter == quote && letters.next_if(|(_, next)| *next == quote).is_none() {
            return at + 1;
        }
    }
    text.len()
}

/// The length of a literal [in dollars](https://www.postgresql.org/docs/17/sql-syntax-lexical.html#SQL-SYNTAX-DOLLAR-QUOTING).
fn dollar_quoted(text: &str) -> Option<usize> {
    let end = text[1..].find('$')? + 2;
    let tag = &text[..end];
    if !tag[1..end - 1].chars().all(is_of_word) {
        return None;
    }
    let close = text[end..].find(tag);
    Some(close.map_or(text.len(), |close| end + close + end))
}

fn number(text: &str) -> usize {
    let is_part = |letter: char| is_of_word(letter) || letter == '.';
    text.find(|letter| !is_part(letter)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_lose_their_literals() {
        for (text, told) in [
            (
                "SELECT * FROM users WHERE name = 'ada' AND id=42",
                "SELECT * FROM users WHERE name = ? AND id=?",
            ),
            (
                "insert into t2 values ('it''s', \"x\", 1.5e3, $1)",
                "insert into t2 values (?, ?, ?, $?)",
            ),
            (
                "update t set a = $q$it's$q$, b = 'open",
                "update t set a = ?, b = ?",
            ),
            (
                r"delete from t where a = 'x\' or b'",
                "delete from t where a = ?",
            ),
        ] {
            assert_eq!(without_literals(text), told);
        }
    }

    #[test]
    fn other_texts_stay() {
        let text = "select 3 of 'these', from 1 to 2";
        assert_ne!(without_literals(text), text, "it reads as a statement");
        for text in ["it's 42", "updated 3 rows", "where is 'it'", ""] {
            assert_eq!(without_literals(text), text);
        }
    }
}
