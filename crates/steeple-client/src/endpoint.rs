use std::{fmt, str::FromStr};

use http::{
    Uri,
    uri::{PathAndQuery, Scheme},
};
use percent_encoding::percent_decode_str;
use thiserror::Error;

use crate::Authorization;

/// Where to send to: a URL such as `http://user:password@metrics.example:9090/api/v1/write`.
///
/// Credentials in it are sent as [basic authentication](https://www.rfc-editor.org/rfc/rfc7617), and shown nowhere: neither
/// they nor the query are in its texts.
#[derive(Clone)]
pub struct Endpoint {
    uri: Uri,
    authorization: Option<Authorization>,
}

/// A URL cannot be sent to. What could be secret in it is left out.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndpointError {
    /// It is no URL with a scheme and a host.
    #[error("`{url}` is no URL: give scheme and host, such as `http://127.0.0.1:4318`")]
    NoUrl {
        /// What was given.
        url: String,
    },
    /// Its scheme is not supported.
    #[error(
        "the scheme of `{url}` is not supported: use `http`, or `https` with the feature `tls`"
    )]
    Scheme {
        /// What was given.
        url: String,
    },
    /// A path or query cannot follow it: it is too long, or has characters that must be escaped.
    #[error(
        "what is to follow `{url}` cannot be in a URL: shorten it, and write other characters as %XX"
    )]
    Path {
        /// What was given.
        url: String,
    },
    /// The credentials in it cannot be sent.
    #[error(
        "the credentials in `{url}` are not as user:password of UTF-8: write other characters as %XX"
    )]
    Credentials {
        /// What was given.
        url: String,
    },
}

impl EndpointError {
    /// What was given, without what could be secret.
    #[must_use]
    pub fn url(&self) -> &str {
        match self {
            Self::NoUrl { url }
            | Self::Scheme { url }
            | Self::Path { url }
            | Self::Credentials { url } => url,
        }
    }
}

impl Endpoint {
    /// The endpoint with `path`, which begins with a `/`, behind its own path, and its query behind both.
    ///
    /// # Errors
    ///
    /// [`EndpointError::Path`] if that is no path of a URL.
    pub fn append_path(&self, path: &str) -> Result<Self, EndpointError> {
        let uri = append_path(&self.uri, path).ok_or_else(|| EndpointError::Path {
            url: self.to_string(),
        })?;
        Ok(Self {
            uri,
            authorization: self.authorization.clone(),
        })
    }

    /// The endpoint with `query`, such as `pretty=true&human=true`, behind its own.
    ///
    /// # Errors
    ///
    /// [`EndpointError::Path`] if that is no query of a URL.
    pub fn append_query(&self, query: &str) -> Result<Self, EndpointError> {
        let uri = append_query(&self.uri, query).ok_or_else(|| EndpointError::Path {
            url: self.to_string(),
        })?;
        Ok(Self {
            uri,
            authorization: self.authorization.clone(),
        })
    }

    /// The endpoint with these credentials, unless its URL has some.
    #[must_use]
    pub fn or_authorization(mut self, authorization: Authorization) -> Self {
        self.authorization.get_or_insert(authorization);
        self
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    pub(crate) fn authorization(&self) -> Option<&Authorization> {
        self.authorization.as_ref()
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(given: &str) -> Result<Self, EndpointError> {
        let url = || without_secrets(given);
        if hides_its_host(given) {
            return Err(EndpointError::NoUrl { url: url() });
        }
        let (rest, credentials) = split_credentials(given);
        let uri: Uri = rest
            .parse()
            .map_err(|_| EndpointError::NoUrl { url: url() })?;
        if uri.host().is_none_or(str::is_empty) {
            return Err(EndpointError::NoUrl { url: url() });
        }
        match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => {}
            #[cfg(feature = "tls")]
            Some(scheme) if *scheme == Scheme::HTTPS => {}
            Some(_) => return Err(EndpointError::Scheme { url: url() }),
            None => return Err(EndpointError::NoUrl { url: url() }),
        }
        let authorization = credentials
            .map(|credentials| {
                basic(credentials).ok_or_else(|| EndpointError::Credentials { url: url() })
            })
            .transpose()?;
        Ok(Self { uri, authorization })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_secrets(&self.uri.to_string()))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

fn append_path(uri: &Uri, path: &str) -> Option<Uri> {
    if !path.starts_with('/') || path.contains(['?', '#']) {
        return None;
    }
    let base = uri.path().trim_end_matches('/');
    let query = uri.query().map(|query| format!("?{query}"));
    with_path_and_query(uri, format!("{base}{path}{}", query.unwrap_or_default()))
}

fn append_query(uri: &Uri, query: &str) -> Option<Uri> {
    if query.contains('#') {
        return None;
    }
    let path = uri.path();
    let own = uri.query().map(|own| format!("{own}&")).unwrap_or_default();
    with_path_and_query(uri, format!("{path}?{own}{query}"))
}

fn with_path_and_query(uri: &Uri, path: String) -> Option<Uri> {
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path).ok()?);
    Uri::from_parts(parts).ok()
}

/// The URL without the part before the host's `@`, and that part.
fn split_credentials(url: &str) -> (String, Option<&str>) {
    let Some((scheme, rest)) = url.split_once("://") else {
        return (url.to_owned(), None);
    };
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..authority].rfind('@') {
        Some(at) => (format!("{scheme}://{}", &rest[at + 1..]), Some(&rest[..at])),
        None => (url.to_owned(), None),
    }
}

fn basic(credentials: &str) -> Option<Authorization> {
    let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
    let decoded = |text| percent_decode_str(text).decode_utf8().ok();
    Authorization::basic(&decoded(user)?, &decoded(password)?).ok()
}

/// Whether an `@` stands behind a `?` or `#` where a host is expected: then these are of a password that is not encoded, and
/// what looks like the host is its beginning.
fn hides_its_host(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.find('/').unwrap_or(rest.len());
    let end = rest[..authority].find(['?', '#']);
    end.is_some_and(|end| rest[end..].contains('@'))
}

/// Also of what is no URL: whatever stands before an `@` or after a `?` may be a secret.
fn without_secrets(url: &str) -> String {
    let start = url.find("://").map_or(0, |scheme| scheme + 3);
    if hides_its_host(url) {
        return format!("{}...", &url[..start]);
    }
    let end = url.find(['?', '#']).unwrap_or(url.len()).max(start);
    let shown = &url[start..end];
    let host = shown.rfind('@').map_or(0, |at| at + 1);
    format!("{}{}", &url[..start], &shown[host..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_sent_and_never_shown() {
        let endpoint: Endpoint = "http://ada:s%40cret@metrics.example:9090/api?key=hidden"
            .parse()
            .unwrap();
        assert_eq!(endpoint.uri, "http://metrics.example:9090/api?key=hidden");
        // "ada:s@cret"
        assert_eq!(
            endpoint.authorization().unwrap().value(),
            "Basic YWRhOnNAY3JldA=="
        );
        assert_eq!(endpoint.to_string(), "http://metrics.example:9090/api");
        assert_eq!(
            format!("{endpoint:?}"),
            "Endpoint(http://metrics.example:9090/api)"
        );
    }

    #[test]
    fn of_a_password_that_is_not_encoded_nothing_is_shown() {
        for url in [
            "http://ada:1234#x@otlp:4318",
            "http://ada:hunter2?x@otlp",
            "ada#b@otlp",
        ] {
            let error = url.parse::<Endpoint>().unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("ada") && !shown.contains('x'), "{shown}");
        }
        let mail: Endpoint = "http://otlp:4318/?from=a@b".parse().unwrap();
        assert_eq!(mail.to_string(), "http://otlp:4318/");
    }

    #[test]
    fn a_path_goes_between_path_and_query() {
        let appended = |url: &str, path: &str| {
            let endpoint: Endpoint = url.parse().unwrap();
            endpoint.append_path(path).map(|endpoint| endpoint.uri)
        };
        for (url, whole) in [
            ("http://otlp:4318", "http://otlp:4318/v1/traces"),
            ("http://otlp:4318/", "http://otlp:4318/v1/traces"),
            ("http://otlp/a/?key=b", "http://otlp/a/v1/traces?key=b"),
        ] {
            assert_eq!(appended(url, "/v1/traces").unwrap(), whole);
        }
        for path in ["", "v1", "/a b", "/a?b", "/a#b", &"/x".repeat(40_000)] {
            let error = appended("http://ada:secret@otlp/?key=secret", path).unwrap_err();
            let url = "http://otlp/".to_owned();
            assert_eq!(error, EndpointError::Path { url });
        }
    }

    #[test]
    fn a_query_goes_behind_that_of_the_url() {
        let appended = |url: &str, query: &str| {
            let endpoint: Endpoint = url.parse().unwrap();
            endpoint.append_query(query).map(|endpoint| endpoint.uri)
        };
        for (url, whole) in [
            ("http://otlp", "http://otlp/?a=b&c=d"),
            ("http://otlp/x?key=e", "http://otlp/x?key=e&a=b&c=d"),
        ] {
            assert_eq!(appended(url, "a=b&c=d").unwrap(), whole);
        }
        for query in ["a=b#c", "a b"] {
            assert!(appended("http://otlp", query).is_err(), "{query}");
        }
    }

    #[test]
    fn credentials_of_the_url_win() {
        let own: Endpoint = "http://ada:x@otlp".parse().unwrap();
        let none: Endpoint = "http://otlp".parse().unwrap();
        let bearer = Authorization::bearer("t0ken").unwrap();
        let sent = |endpoint: Endpoint| {
            let endpoint = endpoint.or_authorization(bearer.clone());
            endpoint.authorization().unwrap().value().clone()
        };
        assert_eq!(sent(own), "Basic YWRhOng=");
        assert_eq!(sent(none), "Bearer t0ken");
    }

    #[test]
    fn what_is_no_url_is_named_without_its_secrets() {
        let refused = |url: &str| url.parse::<Endpoint>().unwrap_err();
        for url in ["", "metrics:9090", "http://", "/metrics", "http://a b"] {
            assert_eq!(
                refused(url),
                EndpointError::NoUrl {
                    url: url.to_owned()
                }
            );
        }
        assert_eq!(
            refused("ftp://ada:secret@metrics/?key=secret"),
            EndpointError::Scheme {
                url: "ftp://metrics/".to_owned()
            }
        );
        assert_eq!(
            refused("http://ada:%ff@metrics"),
            EndpointError::Credentials {
                url: "http://metrics".to_owned()
            }
        );
        for url in [
            "ada:secret@metrics?secret",
            "http://ada:secret@?secret",
            "http://a:secret/x@y@m z",
        ] {
            let error = refused(url);
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
