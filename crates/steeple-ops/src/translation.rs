use bytes::Bytes;
use hyper::{
    Response, StatusCode, Version,
    header::{HeaderName, HeaderValue},
    http::request::Parts,
};
use steeple_core::ops::{OpsRequest, OpsResponse};

use crate::body::ResponseBody;

/// Translates a head; `None` where it names no host although it must
/// ([RFC 9112, section 3.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2)).
pub(crate) fn request(head: &Parts) -> Option<OpsRequest> {
    let mut request = OpsRequest::new(head.method.as_str(), head.uri.path());
    if let Some(query) = head.uri.query() {
        request = request.with_query(query);
    }
    for (name, value) in &head.headers {
        request = request.with_header(name.as_str(), Bytes::copy_from_slice(value.as_bytes()));
    }
    if let Some(authority) = head.uri.authority() {
        request = request.with_authority(authority.as_str().to_owned());
    }
    let is_named = head.version == Version::HTTP_10 || request.hosts().next().is_some();
    is_named.then_some(request)
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
