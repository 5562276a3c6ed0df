use async_trait::async_trait;
use http::Extensions;
use reqwest::{Request, Response, Url, redirect::Policy};
use reqwest_middleware::{Error, Middleware, Next};
use steeple_core::{Attempts, ErrorType, Fields, Headers, Observer, OutgoingHead, Scheme};

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

    /// Keeps traces from hosts that are not to be told of them where the client follows redirects by itself: it takes all header
    /// fields along but those it knows to be secret.
    ///
    /// A redirect from a request whose host [is told](steeple_core::TraceConfig::propagate_to) to a host that is not is not followed:
    /// its answer, a 3xx, is what the request is answered with. Whoever sends a new request to where that leads tells nothing there.
    /// On all other redirects `policy` decides.
    ///
    /// ```
    /// use reqwest::redirect::Policy;
    /// use reqwest_middleware::ClientBuilder;
    /// use steeple_core::{Observer, TraceConfig};
    /// use steeple_reqwest::ObserveRequests;
    ///
    /// let traces = TraceConfig::new().propagate_to([".svc.cluster.local"]);
    /// let observe = ObserveRequests::new(&Observer::builder().traces(traces).build()?);
    /// let client = reqwest::Client::builder()
    ///     .redirect(observe.redirects(Policy::default()))
    ///     .build()?;
    /// let client = ClientBuilder::new(client).with(observe).build();
    /// # let _ = client;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn redirects(&self, policy: Policy) -> Policy {
        let observer = self.0.clone();
        let is_told = move |url: &Url| observer.propagates_to(url.host_str().unwrap_or_default());
        Policy::custom(move |attempt| {
            let was_told = attempt.previous().first().is_some_and(&is_told);
            if was_told && !is_told(attempt.url()) {
                attempt.stop()
            } else {
                policy.redirect(attempt)
            }
        })
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
        let fields = Fields(request.headers());
        let mut call = self.0.call(&head(&request, &fields, attempts.next()));
        steeple_tower::inject(&call, request.headers_mut());
        match next.run(request, extensions).await {
            Ok(response) => {
                call.answered_by(response.url().host_str().unwrap_or_default());
                Ok(answer::observe(response, call))
            }
            Err(error) => {
                call.fail(error_type(&error));
                Err(error)
            }
        }
    }
}

fn head<'a>(request: &'a Request, headers: &'a dyn Headers, resend_count: u32) -> OutgoingHead<'a> {
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
        headers,
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
