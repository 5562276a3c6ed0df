use std::net::SocketAddr;

use http::Request;
use steeple_core::{Observation, Template};

/// What a framework on top of tower knows of a request.
pub trait Framework<B>: Clone {
    /// Whether it routes, so that a request without a template is one that nothing matched. Default: it does not.
    const ROUTES: bool = false;

    /// The template of the route that the request was matched to, if that is known before the call.
    fn route<'r>(&self, request: &'r Request<B>) -> Option<Template<'r>>;

    /// Who is at the other end of the connection, if the framework tells it. Default: it does not.
    fn peer(&self, request: &Request<B>) -> Option<SocketAddr> {
        let _ = request;
        None
    }

    /// Counts what is read of the request's body, if it has one.
    fn count(&self, request: &mut Request<B>, observation: &mut Observation);
}

/// Plain tower: no routes, and request bodies left as they are, so that their size is known from the head or not at all, unless
/// they are [counted](crate::ObserveLayer::count_bodies).
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain;

impl<B> Framework<B> for Plain {
    fn route<'r>(&self, _: &'r Request<B>) -> Option<Template<'r>> {
        None
    }

    fn count(&self, _: &mut Request<B>, _: &mut Observation) {}
}
