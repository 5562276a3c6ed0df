//! The `Authorization` header.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::HeaderValue;

/// [Basic authentication](https://www.rfc-editor.org/rfc/rfc7617); none if a user's name holds a `:`.
pub(crate) fn basic(user: &str, password: &str) -> Option<HeaderValue> {
    if user.contains(':') {
        return None;
    }
    let credentials = BASE64_STANDARD.encode(format!("{user}:{password}"));
    secret(format!("Basic {credentials}"))
}

/// A [bearer token](https://www.rfc-editor.org/rfc/rfc6750); none if it is empty or cannot stand in a header.
pub(crate) fn bearer(token: &str) -> Option<HeaderValue> {
    let visible = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    visible.then(|| secret(format!("Bearer {token}"))).flatten()
}

fn secret(value: String) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_header_can_hold_is_accepted() {
        assert_eq!(bearer("abc.def").unwrap(), "Bearer abc.def");
        assert_eq!(basic("ada", "").unwrap(), "Basic YWRhOg==");
        for token in ["", "a b", "a\r\nx: y", "\u{e9}"] {
            assert_eq!(bearer(token), None, "{token:?}");
        }
        assert_eq!(basic("a:b", "c"), None);
    }

    #[test]
    fn it_is_not_in_what_is_printed() {
        let printed = format!("{:?}", [bearer("visible"), basic("visible", "visible")]);
        assert!(
            !printed.contains("visible") && !printed.contains("dmlz"),
            "{printed}"
        );
    }
}
