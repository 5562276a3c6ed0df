//! Blocking requests.

use std::time::Duration;

use super::BackendError;

const TIMEOUT: Duration = Duration::from_secs(10);

/// The body of `url`.
///
/// # Errors
///
/// When there is no answer within ten seconds, or one with another status than 2xx.
pub fn get(url: &str) -> Result<String, BackendError> {
    let (status, body) = request(url, &[])?;
    if (200..300).contains(&status) {
        Ok(body)
    } else {
        Err(BackendError::Answer {
            question: url.to_owned(),
            answer: format!("{status} {body}"),
        })
    }
}

/// Status and body of `url` with the `query`, whatever the status.
pub(crate) fn request(url: &str, query: &[(&str, &str)]) -> Result<(u16, String), BackendError> {
    let failed = |source| BackendError::Request {
        url: url.to_owned(),
        source: Box::new(source),
    };
    let mut response = ureq::get(url)
        .config()
        .timeout_global(Some(TIMEOUT))
        .http_status_as_error(false)
        .build()
        .query_pairs(query.iter().copied())
        .call()
        .map_err(failed)?;
    let body = response
        .body_mut()
        .with_config()
        .limit(u64::MAX)
        .read_to_string()
        .map_err(failed)?;
    Ok((response.status().as_u16(), body))
}
