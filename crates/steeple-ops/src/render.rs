use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use bytes::Bytes;
use steeple_core::ops::OpsStream;
use steeple_metrics::Exposition;

use crate::{chunks::Chunk, counts::ActiveRender, encoder::Encoder};

/// How long a render may be joined: how much older than asked for an answer may be.
const JOINABLE_FOR: Duration = Duration::from_secs(1);

/// The largest answer that is kept, in case that another client asks for the same while it is sent. One that outgrows
/// this while several read it is kept from the slowest of them on; the next is known to be too large.
const KEPT_BYTES: usize = 1 << 20;

/// How large the last answer was as sent, for all of one format and encoding.
#[derive(Clone)]
pub(crate) struct Size(Arc<AtomicUsize>);

impl Size {
    /// Not known is too large.
    pub(crate) fn unknown() -> Self {
        Self(Arc::new(AtomicUsize::new(usize::MAX)))
    }

    fn may_be_kept(&self) -> bool {
        self.0.load(Relaxed) <= KEPT_BYTES
    }
}

/// One answer under way, made chunk by chunk when a client has room for it, and sent to all that joined.
pub(crate) struct Render {
    began: Instant,
    production: Mutex<Production>,
    _active: ActiveRender,
}

/// What of an answer is not made yet.
struct Production {
    exposition: Exposition,
    /// Gone at the end.
    encoder: Option<Encoder>,
    /// Before the first chunk, while others may join.
    start: Option<Arc<Chunk>>,
    size: Size,
    made: usize,
}

/// What came of the attempt to make a chunk.
enum Made {
    Chunk(Arc<Chunk>),
    /// More of the exposition is needed for there to be something to send.
    Nothing,
    End,
}

impl Render {
    /// Begins an answer and hands out its first reader.
    pub(crate) fn begin(
        exposition: Exposition,
        encoder: Encoder,
        size: Size,
        began: Instant,
        active: ActiveRender,
    ) -> Reader {
        let start = Arc::<Chunk>::default();
        let kept = size.may_be_kept().then(|| Arc::clone(&start));
        let production = Production {
            exposition,
            encoder: Some(encoder),
            start: kept,
            size,
            made: 0,
        };
        let render = Self {
            began,
            production: Mutex::new(production),
            _active: active,
        };
        Reader {
            at: start,
            render: Arc::new(render),
        }
    }

    /// A further reader from the start on, if it would not get anything that was true too long ago.
    ///
    /// Once all is made some client may have all of it, and what that records before it asks again must be in
    /// the next answer.
    pub(crate) fn join(self: &Arc<Self>, now: Instant) -> Option<Reader> {
        if now.saturating_duration_since(self.began) > JOINABLE_FOR {
            return None;
        }
        let start = self.production().start.clone()?;
        Some(Reader {
            at: start,
            render: Arc::clone(self),
        })
    }

    fn production(&self) -> MutexGuard<'_, Production> {
        self.production
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Production {
    fn after(&mut self, last: &Chunk) -> Made {
        // Another reader may have made it while this one waited for the lock.
        if let Some(chunk) = last.next() {
            return Made::Chunk(Arc::clone(chunk));
        }
        let Some(bytes) = self.encoded() else {
            return Made::End;
        };
        self.made += bytes.len();
        let ended = self.encoder.is_none();
        if ended || self.made > KEPT_BYTES {
            self.size.0.store(self.made, Relaxed);
            self.start = None;
        }
        match (bytes.is_empty(), ended) {
            (false, _) => Made::Chunk(Arc::clone(last.append(bytes))),
            (true, false) => Made::Nothing,
            (true, true) => Made::End,
        }
    }

    /// The encoding of the next chunk of the exposition or of its end, once.
    fn encoded(&mut self) -> Option<Bytes> {
        let encoder = self.encoder.as_mut()?;
        let encoded = match self.exposition.next() {
            Some(text) => encoder.encode(text),
            None => self.encoder.take()?.finish(),
        };
        Some(encoded.unwrap_or_else(|_| {
            // It ends without its trailer, so that the client can tell.
            self.encoder = None;
            Bytes::new()
        }))
    }
}

/// One client's place in an answer.
pub(crate) struct Reader {
    at: Arc<Chunk>,
    render: Arc<Render>,
}

impl Reader {
    /// The answer, while anybody reads it.
    pub(crate) fn render(&self) -> Weak<Render> {
        Arc::downgrade(&self.render)
    }

    fn made(&self) -> Made {
        match self.at.next() {
            Some(chunk) => Made::Chunk(Arc::clone(chunk)),
            None => self.render.production().after(&self.at),
        }
    }
}

impl OpsStream for Reader {
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        match self.made() {
            Made::Chunk(chunk) => {
                self.at = chunk;
                Poll::Ready(Some(self.at.bytes.clone()))
            }
            Made::Nothing => {
                // So that compressing takes no longer at a time than one chunk does.
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Made::End => Poll::Ready(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use steeple_metrics::{Format, Registry};
    use tokio::sync::Semaphore;

    use super::*;
    use crate::{counts::ScrapeCounts, encoding::Encoding};

    #[test]
    fn of_two_that_want_the_next_chunk_at_once_one_makes_it_for_both() {
        let registry = Registry::new();
        let permit = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let reader = Render::begin(
            registry.exposition(Format::Text),
            Encoder::new(Encoding::Identity).unwrap(),
            Size::unknown(),
            Instant::now(),
            ScrapeCounts::new(&registry).active_render(permit),
        );

        // As each does when it sees no next chunk.
        let made = [(); 2].map(|()| reader.render.production().after(&reader.at));

        let [Made::Chunk(first), Made::Chunk(second)] = made else {
            panic!("there is a chunk");
        };
        assert!(Arc::ptr_eq(&first, &second));
    }
}
