use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use hyper::rt::{Read, ReadBufCursor, Write};
use tokio::time::{Instant, Sleep, sleep};

/// How much a client has to take for the time that it let writes wait to be forgotten: enough that
/// nobody holds a render by reading a little now and then, little enough for any honest network.
const REQUIRED_PROGRESS: usize = 64 * 1024;

/// Cuts a connection off whose client does not read.
pub(crate) struct StallGuard<T, F, R> {
    inner: T,
    limit: Duration,
    deadline: Pin<Box<Sleep>>,
    /// Since when a write waits.
    waiting: Option<Instant>,
    /// How long writes have waited before.
    waited: Duration,
    /// How many bytes were taken since writes first waited.
    taken: usize,
    on_cut: F,
    on_read: R,
}

impl<T, F: Fn(), R: Fn()> StallGuard<T, F, R> {
    /// Fails writes when they had to wait for `limit` in all while the client took less than 64 KiB,
    /// and calls `on_cut` once. Calls `on_read` whenever the client has sent something.
    ///
    /// Flushes play no part, for there is one after nearly each chunk, and neither does the time when
    /// there is nothing to write.
    pub(crate) fn new(inner: T, limit: Duration, on_cut: F, on_read: R) -> Self {
        Self {
            inner,
            limit,
            deadline: Box::pin(sleep(limit)),
            waiting: None,
            waited: Duration::ZERO,
            taken: 0,
            on_cut,
            on_read,
        }
    }

    fn watch(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(result) = written {
            self.took(*result.as_ref().unwrap_or(&0));
            return Poll::Ready(result);
        }
        if self.waiting.is_none() {
            let now = Instant::now();
            self.waiting = Some(now);
            let left = self.limit.saturating_sub(self.waited);
            self.deadline.as_mut().reset(now + left);
        }
        ready!(self.deadline.as_mut().poll(cx));
        (self.on_cut)();
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn took(&mut self, bytes: usize) {
        if let Some(since) = self.waiting.take() {
            self.waited += since.elapsed();
        }
        if self.waited.is_zero() {
            return;
        }
        self.taken += bytes;
        if self.taken >= REQUIRED_PROGRESS {
            self.waited = Duration::ZERO;
            self.taken = 0;
        }
    }
}

impl<T: Read + Unpin, F: Unpin, R: Fn() + Unpin> Read for StallGuard<T, F, R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.inner).poll_read(cx, buffer);
        if matches!(read, Poll::Ready(Ok(()))) {
            (self.on_read)();
        }
        read
    }
}

impl<T: Write + Unpin, F: Fn() + Unpin, R: Fn() + Unpin> Write for StallGuard<T, F, R> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, buffer);
        self.watch(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, buffers);
        self.watch(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, future::poll_fn};

    use tokio::time::advance;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    /// A client that takes as much at a time as it is told to.
    struct Client<'a>(&'a Cell<Poll<usize>>);

    impl Write for Client<'_> {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.0.get().map(Ok)
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    async fn write<T: Write + Unpin>(mut writer: T) -> Poll<io::Result<usize>> {
        poll_fn(|cx| Poll::Ready(Pin::new(&mut writer).poll_write(cx, b"x"))).await
    }

    async fn flush<T: Write + Unpin>(mut writer: T) {
        poll_fn(|cx| Pin::new(&mut writer).poll_flush(cx))
            .await
            .unwrap();
    }

    /// Waits three quarters of the limit with a write waiting; then the client takes `bytes`.
    async fn stall_then_take<T: Write + Unpin>(
        writer: &mut T,
        taken: &Cell<Poll<usize>>,
        bytes: usize,
    ) -> Poll<io::Result<usize>> {
        taken.set(Poll::Pending);
        let waiting = write(&mut *writer).await;
        advance(LIMIT * 3 / 4).await;
        taken.set(Poll::Ready(bytes));
        let _ = write(&mut *writer).await;
        waiting
    }

    #[tokio::test(start_paused = true)]
    async fn taking_a_little_now_and_then_does_not_prolong_the_time() {
        let (taken, cuts) = (Cell::new(Poll::Pending), Cell::new(0));
        let mut guard = StallGuard::new(Client(&taken), LIMIT, || cuts.set(cuts.get() + 1), || ());

        for _ in 0..2 {
            let waiting = stall_then_take(&mut guard, &taken, REQUIRED_PROGRESS / 2 - 1).await;
            assert!(waiting.is_pending());
        }
        taken.set(Poll::Pending);
        let cut = write(&mut guard).await;

        assert!(
            matches!(&cut, Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::TimedOut),
            "{cut:?}"
        );
        assert_eq!(cuts.get(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn taking_enough_each_time_goes_on_for_ever() {
        let (taken, cuts) = (Cell::new(Poll::Pending), Cell::new(0));
        let mut guard = StallGuard::new(Client(&taken), LIMIT, || cuts.set(cuts.get() + 1), || ());

        for _ in 0..100 {
            let waiting = stall_then_take(&mut guard, &taken, REQUIRED_PROGRESS).await;
            assert!(waiting.is_pending());
        }

        assert_eq!(cuts.get(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_flush_of_a_little_does_not_prolong_the_time() {
        let (taken, cuts) = (Cell::new(Poll::Pending), Cell::new(0));
        let mut guard = StallGuard::new(Client(&taken), LIMIT, || cuts.set(cuts.get() + 1), || ());

        for _ in 0..2 {
            let _ = stall_then_take(&mut guard, &taken, 17 * 1024).await;
            flush(&mut guard).await;
        }
        taken.set(Poll::Pending);
        let _ = write(&mut guard).await;

        assert_eq!(cuts.get(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn time_without_anything_to_write_is_no_stall() {
        let (taken, cuts) = (Cell::new(Poll::Pending), Cell::new(0));
        let mut guard = StallGuard::new(Client(&taken), LIMIT, || cuts.set(cuts.get() + 1), || ());

        let _ = stall_then_take(&mut guard, &taken, 1).await;
        advance(LIMIT * 100).await;
        taken.set(Poll::Pending);
        let waiting = write(&mut guard).await;

        assert!(waiting.is_pending());
        assert_eq!(cuts.get(), 0);
    }
}
