use http::Uri;
use steeple_core::Observer;
use tower_layer::Layer;

use crate::client::Client;

/// Observes every request that a client sends: tells the callee of the trace, times and counts it, and makes a span of it, to
/// the end of the answer's body. A gRPC call is told by its method and the status in the headers or the trailers.
///
/// Inside of what sends requests again, each attempt counts. They are told apart by the
/// [`Attempts`](steeple_core::Attempts) among the extensions of the request, if it has such before it is sent first.
///
/// ```
/// use std::convert::Infallible;
///
/// use http::{Request, Response};
/// use http_body_util::Full;
/// use steeple_core::Observer;
/// use steeple_tower::ClientLayer;
/// use tower::{ServiceBuilder, service_fn};
///
/// let observer = Observer::builder().build()?;
/// // hyper-util's client, or a channel of tonic's.
/// let client = service_fn(|_: Request<Full<&'static [u8]>>| async {
///     Ok::<_, Infallible>(Response::new(Full::new(&b"hello"[..])))
/// });
/// let client = ServiceBuilder::new().layer(ClientLayer::new(&observer)).service(client);
/// # let _ = client;
/// # Ok::<(), steeple_core::ObserverError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ClientLayer {
    observer: Observer,
    origin: Uri,
}

impl ClientLayer {
    /// Makes a layer for the requests of a service that `observer` observes.
    #[must_use]
    pub fn new(observer: &Observer) -> Self {
        Self {
            observer: observer.clone(),
            origin: Uri::default(),
        }
    }

    /// Whom the requests go to whose URI names no host, as those of tonic's clients. Default: nobody that is known.
    #[must_use]
    pub fn origin(mut self, origin: Uri) -> Self {
        self.origin = origin;
        self
    }
}

impl<S> Layer<S> for ClientLayer {
    type Service = Client<S>;

    fn layer(&self, inner: S) -> Client<S> {
        Client::new(inner, self.observer.clone(), self.origin.clone())
    }
}
