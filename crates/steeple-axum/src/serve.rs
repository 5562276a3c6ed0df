//! Servers whose connections are observed.

use std::{
    convert::Infallible,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{
    extract::Request,
    response::Response,
    serve::{IncomingStream, Listener, ListenerExt, Serve, TapIo},
};
use pin_project_lite::pin_project;
use steeple_core::{Connection, Observer};
use steeple_tower::{ObservedIo, OnConnection};
use tower_service::Service;

/// A listener whose connections are observed, as [`axum`] knows it.
///
/// axum tells the client's address, `ConnectInfo<SocketAddr>`, of its own listeners only: the `TapIo` around ours, which does
/// nothing, is one.
pub type ObservedListener<L> = TapIo<ListenAndObserve<L>, fn(&mut ObservedIo<<L as Listener>::Io>)>;

/// As [`axum::serve`](axum::serve()), and observes the connections: how many are open, for how long, and what requests
/// upgrade them to.
///
/// The requests are those of the [`layer`](crate::layer()), which the router has besides.
///
/// ```no_run
/// use axum::{
///     Router,
///     extract::ws::{WebSocket, WebSocketUpgrade},
///     response::Response,
///     routing::get,
/// };
/// use steeple_core::Observer;
///
/// async fn chat(upgrade: WebSocketUpgrade) -> Response {
///     upgrade.on_upgrade(async |mut socket: WebSocket| {
///         while let Some(Ok(message)) = socket.recv().await {
///             if socket.send(message).await.is_err() {
///                 break;
///             }
///         }
///     })
/// }
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let observer = Observer::builder().build()?;
/// let app = Router::new().route("/chat", get(chat)).layer(steeple_axum::layer(&observer));
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
/// steeple_axum::serve(&observer, listener, app).await?;
/// # Ok(())
/// # }
/// ```
pub fn serve<L, M, S>(
    observer: &Observer,
    listener: L,
    make_service: M,
) -> Serve<ObservedListener<L>, MakeOnConnection<M>, OnConnection<S>>
where
    L: Listener,
    M: for<'a> Service<IncomingStream<'a, ObservedListener<L>>, Error = Infallible, Response = S>,
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let observer = observer.clone();
    let listener = ListenAndObserve { listener, observer };
    let observed: ObservedListener<L> = listener.tap_io(|_| ());
    axum::serve(observed, MakeOnConnection(make_service))
}

/// A listener that begins to observe each connection it accepts.
#[derive(Debug)]
pub struct ListenAndObserve<L> {
    listener: L,
    observer: Observer,
}

impl<L: Listener> Listener for ListenAndObserve<L> {
    type Io = ObservedIo<L::Io>;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (io, address) = self.listener.accept().await;
        (ObservedIo::new(io, &self.observer), address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// Makes the service of each connection.
#[derive(Clone, Debug)]
pub struct MakeOnConnection<M>(M);

impl<'a, L, M, S> Service<IncomingStream<'a, ObservedListener<L>>> for MakeOnConnection<M>
where
    L: Listener,
    M: Service<IncomingStream<'a, ObservedListener<L>>, Error = Infallible, Response = S>,
{
    type Response = OnConnection<S>;
    type Error = Infallible;
    type Future = MakeFuture<M::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, stream: IncomingStream<'a, ObservedListener<L>>) -> Self::Future {
        let connection = stream.io().connection().clone();
        let inner = self.0.call(stream);
        MakeFuture { inner, connection }
    }
}

pin_project! {
    /// The future of a connection's service.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct MakeFuture<F> {
        #[pin]
        inner: F,
        connection: Connection,
    }
}

impl<F, S> Future for MakeFuture<F>
where
    F: Future<Output = Result<S, Infallible>>,
{
    type Output = Result<OnConnection<S>, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let service = ready!(this.inner.poll(context))?;
        Poll::Ready(Ok(OnConnection::new(service, this.connection)))
    }
}
