use std::{
    pin::pin,
    sync::{
        Arc, Mutex, OnceLock,
        mpsc::{self, RecvTimeoutError},
    },
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant},
};

use steeple_core::pipeline::{Accounting, Budget, Pipeline, PipelineBuilder};
use tracing::{Dispatch, Event, Metadata, Subscriber, span};

/// More than anything here takes, however busy the machine is.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A pipeline with a budget of its own that exports each item at once.
pub(crate) fn builder(name: &'static str) -> PipelineBuilder {
    PipelineBuilder::new(name)
        .budget(Budget::new(1 << 30))
        .max_batch_items(1)
}

/// What a backend has received.
#[derive(Clone, Debug, Default)]
pub(crate) struct Received(Arc<Mutex<Vec<Vec<String>>>>);

impl Received {
    pub(crate) fn add(&self, batch: &[String]) {
        self.0.lock().unwrap().push(batch.to_vec());
    }

    pub(crate) fn batches(&self) -> Vec<Vec<String>> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn items(&self) -> Vec<String> {
        self.batches().concat()
    }
}

pub(crate) fn eventually(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(
            start.elapsed() < PATIENCE,
            "not within {PATIENCE:?}: {what}"
        );
        thread::sleep(Duration::from_millis(1));
    }
}

/// Pushes two items of which the first is lost to a panic, and the second is not.
pub(crate) fn assert_one_lost_and_one_kept(pipeline: &Pipeline<String>) {
    let producer = pipeline.producer();
    producer.push("lost".to_owned());
    producer.push("kept".to_owned());
    assert_eq!(settled(pipeline), (1, 1));
}

/// How many items were exported and how many lost, once all of them are. A flush reports only what became of those that were
/// still queued when it began.
pub(crate) fn settled<T: Send + 'static>(pipeline: &Pipeline<T>) -> (u64, u64) {
    let report = pipeline.flush_blocking(PATIENCE);
    assert_eq!(report.pending, 0, "{report:?}");
    let figures = pipeline.accounting();
    (figures.exported, figures.dropped_total())
}

/// Hands each event to a function and enters no span.
pub(crate) struct Events<F>(pub(crate) F);

impl<F: Fn(&Event<'_>) + 'static> Subscriber for Events<F> {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        (self.0)(event);
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// Lets the subscribers of all tests have a say in what is traced. As long as `tracing` knows of one alone, the thread that
/// comes to a line first decides for all, and the worker of another test has no subscriber.
pub(crate) fn ask_every_subscriber() {
    static ANOTHER: OnceLock<Dispatch> = OnceLock::new();
    ANOTHER.get_or_init(|| Dispatch::new(Events(|_: &Event<'_>| {})));
}

pub(crate) fn assert_balanced(figures: &Accounting) {
    assert_eq!(
        figures.created,
        figures.exported + figures.dropped_total() + figures.queued,
        "{figures:?}"
    );
}

/// Runs `body` on a thread of its own and fails if it does not end.
pub(crate) fn watched<R: Send + 'static>(body: impl FnOnce() -> R + Send + 'static) -> R {
    let (sender, receiver) = mpsc::channel();
    let thread = thread::spawn(move || sender.send(body()));
    match receiver.recv_timeout(PATIENCE) {
        Ok(value) => value,
        Err(RecvTimeoutError::Timeout) => panic!("hangs"),
        Err(RecvTimeoutError::Disconnected) => {
            std::panic::resume_unwind(thread.join().expect_err("it dropped the sender"))
        }
    }
}

/// Drives a future on no runtime at all.
pub(crate) fn drive<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
