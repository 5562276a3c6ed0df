use steeple_core::ops::{OpsRequest, OpsResponse};

use crate::answer;

/// Returns the answer to a request that changes something and may not: 403 where there is no token that would say who asks, and
/// for a page of another site.
pub(crate) fn refusal(request: &OpsRequest) -> Option<OpsResponse> {
    if matches!(request.method(), "GET" | "HEAD") {
        return None;
    }
    if !request.is_authorized() {
        let line = "changes need the ops token, and none is configured";
        return Some(answer::text(403, line));
    }
    let is_foreign = is_of_other_site(request) || is_of_other_origin(request);
    is_foreign.then(|| answer::text(403, "pages of other sites may change nothing here"))
}

/// By the field that browsers set and pages cannot: [fetch metadata](https://www.w3.org/TR/fetch-metadata/).
fn is_of_other_site(request: &OpsRequest) -> bool {
    let site = request.header("sec-fetch-site");
    site.is_some_and(|site| site != b"same-origin" && site != b"none")
}

/// By the [origin](https://www.rfc-editor.org/rfc/rfc6454#section-7), which older browsers send as well.
fn is_of_other_origin(request: &OpsRequest) -> bool {
    let Some(origin) = request.header("origin") else {
        return false;
    };
    let host = str::from_utf8(origin)
        .ok()
        .and_then(|origin| origin.split_once("://"));
    let same = host.zip(request.hosts().next());
    !same.is_some_and(|((_, origin), host)| origin.as_bytes().eq_ignore_ascii_case(host))
}
