use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;
use steeple_core::{Connection, Observer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pin_project! {
    /// What a connection reads and writes through: it is open until this is dropped, upgraded or not.
    #[derive(Debug)]
    pub struct ObservedIo<I> {
        #[pin]
        inner: I,
        connection: Connection,
    }
}

impl<I> ObservedIo<I> {
    /// Begins to observe a connection that was accepted.
    #[must_use]
    pub fn new(inner: I, observer: &Observer) -> Self {
        let connection = observer.connection();
        Self { inner, connection }
    }

    /// The connection, for its [`OnConnection`](crate::OnConnection) service.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// What is observed.
    #[must_use]
    pub fn inner(&self) -> &I {
        &self.inner
    }

    /// What is observed.
    #[must_use]
    pub fn inner_mut(&mut self) -> &mut I {
        &mut self.inner
    }
}

impl<I: AsyncRead> AsyncRead for ObservedIo<I> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.project().inner.poll_read(context, buffer)
    }
}

impl<I: AsyncWrite> AsyncWrite for ObservedIo<I> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}
