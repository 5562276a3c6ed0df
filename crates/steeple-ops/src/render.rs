use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use steeple_core::ops::OpsStream;
use steeple_metrics::{Exposition, Format, Registry};
use tokio::sync::watch;

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
    /// Before the first chunk, while others may join; nobody waits for a chunk to join.
    start: Mutex<Option<Arc<Chunk>>>,
    size: Size,
    /// Until a reader asks for the first chunk; gone once the exposition has begun.
    to_begin: Mutex<Option<watch::Sender<()>>>,
    begun: watch::Receiver<()>,
    production: Mutex<Production>,
    _active: ActiveRender,
}

/// What of an answer is not made yet.
struct Production {
    registry: Registry,
    format: Format,
    /// Begun before the first chunk: that calls what is to be called before a look.
    exposition: Option<Exposition>,
    /// Gone at the end.
    encoder: Option<Encoder>,
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
        registry: Registry,
        format: Format,
        encoder: Encoder,
        size: Size,
        began: Instant,
        active: ActiveRender,
    ) -> Reader {
        let start = Arc::<Chunk>::default();
        let kept = size.may_be_kept().then(|| Arc::clone(&start));
        let production = Production {
            registry,
            format,
            exposition: None,
            encoder: Some(encoder),
            made: 0,
        };
        let (to_begin, begun) = watch::channel(());
        let render = Self {
            began,
            start: Mutex::new(kept),
            size,
            to_begin: Mutex::new(Some(to_begin)),
            begun,
            production: Mutex::new(production),
            _active: active,
        };
        Reader::new(start, Arc::new(render))
    }

    /// A further reader from the start on, if it would not get anything that was true too long ago.
    ///
    /// Once all is made some client may have all of it, and what that records before it asks again must be in
    /// the next answer.
    pub(crate) fn join(self: &Arc<Self>, now: Instant) -> Option<Reader> {
        if now.saturating_duration_since(self.began) > JOINABLE_FOR {
            return None;
        }
        let start = locked(&self.start).clone()?;
        Some(Reader::new(start, Arc::clone(self)))
    }

    /// Waits until the exposition has begun, which whoever comes first sees to for all readers.
    async fn begun(self: Arc<Self>) {
        let to_begin = locked(&self.to_begin).take();
        if let Some(to_begin) = to_begin {
            Arc::clone(&self).begin_exposition(to_begin);
        }
        let mut begun = self.begun.clone();
        // Nothing is ever sent: it ends when the sender is dropped.
        let _ = begun.changed().await;
    }

    /// What is called before a look may wait, and whoever polls must not: it has a thread of its own, since those that a runtime has for
    /// blocking calls may all be taken by the application. Without one, the exposition begins with the first chunk.
    fn begin_exposition(self: Arc<Self>, to_begin: watch::Sender<()>) {
        let begin = move || {
            locked(&self.production).exposition();
            // Before the readers go on, so that with the last of them the render ends.
            drop(self);
            drop(to_begin);
        };
        let thread = thread::Builder::new().name("steeple-scrape".to_owned());
        let _ = thread.spawn(begin);
    }

    fn after(&self, last: &Chunk) -> Made {
        let mut production = locked(&self.production);
        // Another reader may have made it while this one waited for the lock.
        if let Some(chunk) = last.next() {
            return Made::Chunk(Arc::clone(chunk));
        }
        let Some(bytes) = production.encoded() else {
            return Made::End;
        };
        production.made += bytes.len();
        let ended = production.encoder.is_none();
        if ended || production.made > KEPT_BYTES {
            self.size.0.store(production.made, Relaxed);
            *locked(&self.start) = None;
        }
        match (bytes.is_empty(), ended) {
            (false, _) => Made::Chunk(Arc::clone(last.append(bytes))),
            (true, false) => Made::Nothing,
            (true, true) => Made::End,
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Production {
    fn exposition(&mut self) -> &mut Exposition {
        let begin = || self.registry.exposition(self.format);
        self.exposition.get_or_insert_with(begin)
    }

    /// The encoding of the next chunk of the exposition or of its end, once.
    fn encoded(&mut self) -> Option<Bytes> {
        self.encoder.as_ref()?;
        let encoded = match self.exposition().next() {
            Some(text) => self.encoder.as_mut()?.encode(text),
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
    /// Until the exposition has begun.
    beginning: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Reader {
    fn new(at: Arc<Chunk>, render: Arc<Render>) -> Self {
        let has_begun = render.begun.has_changed().is_err();
        let begun = Arc::clone(&render).begun();
        Self {
            at,
            render,
            beginning: (!has_begun).then(|| Box::pin(begun) as _),
        }
    }

    /// The answer, while anybody reads it.
    pub(crate) fn render(&self) -> Weak<Render> {
        Arc::downgrade(&self.render)
    }

    fn made(&self) -> Made {
        match self.at.next() {
            Some(chunk) => Made::Chunk(Arc::clone(chunk)),
            None => self.render.after(&self.at),
        }
    }
}

impl OpsStream for Reader {
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(beginning) = &mut self.beginning {
            ready!(beginning.as_mut().poll(cx));
            self.beginning = None;
        }
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
    use tokio::sync::Semaphore;

    use super::*;
    use crate::{counts::ScrapeCounts, encoding::Encoding};

    #[test]
    fn of_two_that_want_the_next_chunk_at_once_one_makes_it_for_both() {
        let registry = Registry::new();
        let permit = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let reader = Render::begin(
            registry.clone(),
            Format::Text,
            Encoder::new(Encoding::Identity).unwrap(),
            Size::unknown(),
            Instant::now(),
            ScrapeCounts::new(&registry).active_render(permit),
        );

        // As each does when it sees no next chunk.
        let made = [(); 2].map(|()| reader.render.after(&reader.at));

        let [Made::Chunk(first), Made::Chunk(second)] = made else {
            panic!("there is a chunk");
        };
        assert!(Arc::ptr_eq(&first, &second));
    }
}
