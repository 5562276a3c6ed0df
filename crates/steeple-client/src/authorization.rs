use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::HeaderValue;
use thiserror::Error;

/// The value of an `Authorization` header, which is shown nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization(HeaderValue);

/// User, password or token cannot be sent.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error(
    "the credentials cannot be sent: a token is of visible ASCII characters, and a user's name has no `:` in it"
)]
pub struct CredentialsError;

impl Authorization {
    /// [Basic authentication](https://www.rfc-editor.org/rfc/rfc7617).
    ///
    /// # Errors
    ///
    /// If the user's name holds a `:`.
    pub fn basic(user: &str, password: &str) -> Result<Self, CredentialsError> {
        if user.contains(':') {
            return Err(CredentialsError);
        }
        let credentials = BASE64_STANDARD.encode(format!("{user}:{password}"));
        secret(format!("Basic {credentials}"))
    }

    /// A [bearer token](https://www.rfc-editor.org/rfc/rfc6750).
    ///
    /// # Errors
    ///
    /// If the token is empty or cannot stand in a header.
    pub fn bearer(token: &str) -> Result<Self, CredentialsError> {
        of_scheme("Bearer", token)
    }

    /// An [API key of Elasticsearch](https://www.elastic.co/docs/deploy-manage/api-keys/elasticsearch-api-keys), encoded as it
    /// is shown when it is made.
    ///
    /// # Errors
    ///
    /// If the key is empty or cannot stand in a header.
    pub fn api_key(key: &str) -> Result<Self, CredentialsError> {
        of_scheme("ApiKey", key)
    }

    pub(crate) fn value(&self) -> &HeaderValue {
        &self.0
    }
}

fn of_scheme(scheme: &str, token: &str) -> Result<Authorization, CredentialsError> {
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(CredentialsError);
    }
    secret(format!("{scheme} {token}"))
}

fn secret(value: String) -> Result<Authorization, CredentialsError> {
    let mut value = HeaderValue::try_from(value).map_err(|_| CredentialsError)?;
    value.set_sensitive(true);
    Ok(Authorization(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_header_can_hold_is_accepted() {
        let bearer = Authorization::bearer("abc.def").unwrap();
        assert_eq!(bearer.value(), "Bearer abc.def");
        let key = Authorization::api_key("YTpi").unwrap();
        assert_eq!(key.value(), "ApiKey YTpi");
        let basic = Authorization::basic("ada", "").unwrap();
        assert_eq!(basic.value(), "Basic YWRhOg==");
        for token in ["", "a b", "a\r\nx: y", "\u{e9}"] {
            assert_eq!(
                Authorization::bearer(token),
                Err(CredentialsError),
                "{token:?}"
            );
            assert_eq!(Authorization::api_key(token), Err(CredentialsError));
        }
        assert_eq!(Authorization::basic("a:b", "c"), Err(CredentialsError));
    }

    #[test]
    fn it_is_not_in_what_is_printed() {
        let printed = format!(
            "{:?}",
            [
                Authorization::bearer("visible"),
                Authorization::basic("visible", "visible")
            ]
        );
        assert!(
            !printed.contains("visible") && !printed.contains("dmlz"),
            "{printed}"
        );
    }
}
