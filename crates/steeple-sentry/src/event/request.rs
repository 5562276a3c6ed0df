use sentry_core::protocol::{Map, Request, Url};
use steeple_core::errors::FailedRequest;

use crate::scrub::FILTERED;

/// Header fields that are secrets, whoever asks for them.
const SECRET_FIELDS: [&str; 8] = [
    "authorization",
    "cookie",
    "proxy-authorization",
    "set-cookie",
    "x-api-key",
    "x-auth-token",
    "x-csrf-token",
    "x-xsrf-token",
];

/// What is told of a request: of its target the route and the names in the query alone, unless what is personal may be sent.
pub(super) fn of(failed: &FailedRequest, send_pii: bool) -> Request {
    let head = &failed.head;
    let path = if send_pii { head.path() } else { &failed.route };
    let query = head.query().map(|query| {
        if send_pii {
            query.to_owned()
        } else {
            without_values(query)
        }
    });
    Request {
        url: url(head.host(), path),
        method: Some(failed.method.clone()),
        query_string: query.filter(|query| !query.is_empty()),
        headers: headers(failed),
        ..Request::default()
    }
}

/// Of what is asked for by HTTP nothing says whether there is TLS in front.
fn url(host: &str, path: &str) -> Option<Url> {
    let host = Some(host).filter(|host| !host.is_empty())?;
    let path = Some(path)
        .filter(|path| path.starts_with('/'))
        .unwrap_or("/");
    format!("http://{host}{path}").parse().ok()
}

fn without_values(query: &str) -> String {
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) => format!("{name}={FILTERED}"),
        // It has no name, and is a value therefore.
        None if pair.is_empty() => String::new(),
        None => FILTERED.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

fn headers(failed: &FailedRequest) -> Map<String, String> {
    let head = &failed.head;
    let known = [("host", head.host()), ("user-agent", head.user_agent())];
    let fields = known.into_iter().chain(head.headers());
    fields
        .filter(|(_, value)| !value.is_empty())
        .filter(|(name, _)| !SECRET_FIELDS.contains(name))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_query_the_names_stay() {
        assert_eq!(
            without_values("page=2&token=s3cret&flag&x=a=b"),
            "page=[Filtered]&token=[Filtered]&[Filtered]&x=[Filtered]"
        );
        assert_eq!(without_values(""), "");
    }
}
