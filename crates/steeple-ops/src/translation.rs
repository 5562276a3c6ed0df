use bytes::Bytes;
use hyper::{
    HeaderMap, Response, StatusCode, Version,
    header::{HOST, HeaderName, HeaderValue},
    http::request::Parts,
};
use steeple_core::ops::{OpsRequest, OpsResponse};

use crate::body::ResponseBody;

/// Translates a head, with the host that the request is for as its one `Host` header
/// ([RFC 9112, section 3.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2)); `None` where it
/// names none although it must, or several.
pub(crate) fn request(head: &Parts) -> Option<OpsRequest> {
    let host = match head.uri.authority() {
        Some(authority) => Some(Bytes::copy_from_slice(authority.as_str().as_bytes())),
        None => sole_host(&head.headers, head.version)?,
    };
    let mut request = OpsRequest::new(head.method.as_str(), head.uri.path());
    if let Some(query) = head.uri.query() {
        request = request.with_query(query);
    }
    if let Some(host) = host {
        request = request.with_header(HOST.as_str(), host);
    }
    Some(head.headers.iter().filter(|(name, _)| **name != HOST).fold(
        request,
        |request, (name, value)| {
            request.with_header(name.as_str(), Bytes::copy_from_slice(value.as_bytes()))
        },
    ))
}

fn sole_host(headers: &HeaderMap, version: Version) -> Option<Option<Bytes>> {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => Some(Some(Bytes::copy_from_slice(host.as_bytes()))),
        (None, _) if version == Version::HTTP_10 => Some(None),
        _ => None,
    }
}

pub(crate) fn response(response: OpsResponse) -> Response<ResponseBody> {
    let status =
        StatusCode::from_u16(response.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response
        .headers()
        .filter_map(|(name, value)| {
            Some((
                HeaderName::try_from(name).ok()?,
                HeaderValue::try_from(value).ok()?,
            ))
        })
        .collect();
    let mut translated = Response::new(ResponseBody(response.into_body()));
    *translated.status_mut() = status;
    *translated.headers_mut() = headers;
    translated
}
