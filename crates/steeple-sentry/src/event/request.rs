use sentry_core::protocol::{Map, Request, Url};
use steeple_core::errors::FailedRequest;

/// What is told of a request.
pub(super) fn of(failed: &FailedRequest) -> Request {
    let head = &failed.head;
    Request {
        url: url(head.host(), head.path()),
        method: Some(failed.method.clone()),
        query_string: head
            .query()
            .filter(|query| !query.is_empty())
            .map(str::to_owned),
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

fn headers(failed: &FailedRequest) -> Map<String, String> {
    let head = &failed.head;
    let known = [("host", head.host()), ("user-agent", head.user_agent())];
    let fields = known.into_iter().chain(head.headers());
    fields
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
