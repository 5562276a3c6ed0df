use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use hyper::rt::{Read, ReadBufCursor, Write};
use tokio::time::{Instant, Sleep, sleep};

/// How much a client that lets writes wait has to take within each time limit: enough that nobody
/// holds a render by reading a byte now and then, little enough for any honest network.
const REQUIRED_PROGRESS: usize = 64 * 1024;

/// Cuts a connection off whose client does not read.
pub(crate) struct StallGuard<T, F> {
    inner: T,
    limit: Duration,
    deadline: Pin<Box<Sleep>>,
    /// How many bytes were taken since a write first had to wait; `None` while none waits.
    taken: Option<usize>,
    on_cut: F,
}

impl<T, F: Fn()> StallGuard<T, F> {
    /// Fails writes when the client takes less than 64 KiB within `limit` of a write that had to
    /// wait, and calls `on_cut` once.
    pub(crate) fn new(inner: T, limit: Duration, on_cut: F) -> Self {
        Self {
            inner,
            limit,
            deadline: Box::pin(sleep(limit)),
            taken: None,
            on_cut,
        }
    }

    fn watch(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(result) = written {
            if let (Ok(count), Some(taken)) = (&result, self.taken) {
                let taken = taken + count;
                self.taken = (taken < REQUIRED_PROGRESS).then_some(taken);
            }
            return Poll::Ready(result);
        }
        if self.taken.is_none() {
            self.taken = Some(0);
            self.deadline.as_mut().reset(Instant::now() + self.limit);
        }
        ready!(self.deadline.as_mut().poll(cx));
        (self.on_cut)();
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<T: Read + Unpin, F: Unpin> Read for StallGuard<T, F> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl<T: Write + Unpin, F: Fn() + Unpin> Write for StallGuard<T, F> {
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

    /// Called when everything has been written, which ends a stall.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.taken = None;
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
        let mut guard = StallGuard::new(Client(&taken), LIMIT, || cuts.set(cuts.get() + 1));

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
        let mut guard = StallGuard::new(Client(&taken), LIMIT, || cuts.set(cuts.get() + 1));

        for _ in 0..100 {
            let waiting = stall_then_take(&mut guard, &taken, REQUIRED_PROGRESS).await;
            assert!(waiting.is_pending());
        }

        assert_eq!(cuts.get(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn small_answers_that_were_taken_whole_are_no_stall() {
        let (taken, cuts) = (Cell::new(Poll::Pending), Cell::new(0));
        let mut guard = StallGuard::new(Client(&taken), LIMIT, || cuts.set(cuts.get() + 1));

        for _ in 0..100 {
            let waiting = stall_then_take(&mut guard, &taken, 1).await;
            flush(&mut guard).await;
            assert!(waiting.is_pending());
        }

        assert_eq!(cuts.get(), 0);
    }
}
