use std::{error::Error, iter::empty};

use bytes::Bytes;
use steeple_client::{Client, http::Method};

use super::{
    asked::{cause, client},
    target::TargetError,
};
use crate::Check;

/// That a GET of `url` is answered with a 2xx. Redirects are not followed, and nothing observes the request.
///
/// ```
/// use steeple_health::{Health, checks};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let health = Health::builder()
///     .check("prices", checks::http("http://prices:8080/readyz")?.degrading())
///     .start()?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`TargetError`] if that cannot be asked.
pub fn http(url: &str) -> Result<Check, TargetError> {
    let client = client(url)?.build()?;
    Ok(Check::asking(move || answers(client.clone())))
}

async fn answers(client: Client) -> Result<(), Box<dyn Error + Send + Sync>> {
    let answer = client.exchange(Method::GET, empty(), Bytes::new()).await;
    let answer = answer.map_err(cause)?;
    if answer.status().is_success() {
        Ok(())
    } else {
        Err(format!("the answer is {}", answer.status()).into())
    }
}
