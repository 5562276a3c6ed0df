use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::{Method, Request, header::UPGRADE};
use pin_project_lite::pin_project;
use steeple_core::Connection;
use tower_service::Service;

/// The service of one connection, so that what a request upgrades it to is observed to its end.
#[derive(Clone, Debug)]
pub struct OnConnection<S> {
    inner: S,
    connection: Connection,
}

impl<S> OnConnection<S> {
    /// Makes `inner` the service of `connection`, which is that of an [`ObservedIo`](crate::ObservedIo).
    #[must_use]
    pub fn new(inner: S, connection: &Connection) -> Self {
        let connection = connection.clone();
        Self { inner, connection }
    }
}

impl<S, B> Service<Request<B>> for OnConnection<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = OnConnectionFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    #[inline]
    fn call(&mut self, request: Request<B>) -> Self::Future {
        let asks = request.method() == Method::CONNECT || request.headers().contains_key(UPGRADE);
        OnConnectionFuture {
            inner: self.inner.call(request),
            connection: asks.then(|| self.connection.clone()),
        }
    }
}

pin_project! {
    /// The future of a response on a connection.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct OnConnectionFuture<F> {
        #[pin]
        inner: F,
        // Empty unless the request asks for an upgrade.
        connection: Option<Connection>,
    }
}

impl<F: Future> Future for OnConnectionFuture<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        match this.connection {
            None => this.inner.poll(context),
            Some(connection) => connection.run(|| this.inner.poll(context)),
        }
    }
}
