//! Lists of keys and values, `key=value,key=value`, whose values may have any character as %XX.

use percent_encoding::percent_decode_str;

/// The pairs, or `None` if one has no key or no `=`, or is not UTF-8.
pub(super) fn pairs(list: &str) -> Option<Vec<(String, String)>> {
    let members = list.split(',').map(str::trim);
    let members = members.filter(|member| !member.is_empty());
    members.map(pair).collect()
}

fn pair(member: &str) -> Option<(String, String)> {
    let (key, value) = member.split_once('=')?;
    let decoded = |text: &str| {
        let text = percent_decode_str(text.trim()).decode_utf8().ok()?;
        Some(text.into_owned())
    };
    let key = decoded(key).filter(|key| !key.is_empty())?;
    Some((key, decoded(value)?))
}

#[cfg(test)]
mod tests {
    use super::pairs;

    #[test]
    fn values_are_decoded() {
        let owned = |pair: (&str, &str)| (pair.0.to_owned(), pair.1.to_owned());
        let read = pairs(" api-key = a%20b=%2C, x=,,y=\u{e9}%C3%A9").unwrap();
        assert_eq!(
            read,
            [("api-key", "a b=,"), ("x", ""), ("y", "\u{e9}\u{e9}")].map(owned)
        );
        for malformed in ["a", "=1", "a=%FF", "a=1,b"] {
            assert_eq!(pairs(malformed), None, "{malformed}");
        }
    }
}
