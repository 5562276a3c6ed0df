use async_trait::async_trait;
use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Error, Middleware, Next};
use steeple_core::{Attempts, ErrorType, Observer, OutgoingHead, Scheme};

use crate::answer;

/// Observes the requests of a client.
#[derive(Clone, Debug)]
pub struct ObserveRequests(Observer);

impl ObserveRequests {
    /// Makes middleware for the requests of a service that `observer` observes.
    #[must_use]
    pub fn new(observer: &Observer) -> Self {
        Self(observer.clone())
    }
}

#[async_trait]
impl Middleware for ObserveRequests {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response, Error> {
        let attempts = extensions.get_or_insert_default::<Attempts>();
        let mut call = self.0.call(&head(&request, attempts.next()));
        steeple_tower::inject(&call, request.headers_mut());
        match next.run(request, extensions).await {
            Ok(response) => Ok(answer::observe(response, call)),
            Err(error) => {
                call.fail(error_type(&error));
                Err(error)
            }
        }
    }
}

fn head(request: &Request, resend_count: u32) -> OutgoingHead<'_> {
    let url = request.url();
    OutgoingHead {
        method: request.method().as_str(),
        scheme: match url.scheme() {
            "https" => Scheme::Https,
            _ => Scheme::Http,
        },
        host: url.host_str().unwrap_or_default(),
        port: url.port(),
        path: url.path(),
        query: url.query(),
        resend_count,
    }
}

/// What went wrong, in the words of the semantic conventions where they have some.
fn error_type(error: &Error) -> &'static str {
    match error {
        Error::Reqwest(error) if error.is_timeout() => "timeout",
        Error::Reqwest(error) if error.is_connect() => "connect",
        Error::Reqwest(_) => ErrorType::name_of::<reqwest::Error>(),
        Error::Middleware(_) => ErrorType::name_of::<Error>(),
    }
}
