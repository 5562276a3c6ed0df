//! What holds for the whole process, and so needs one of its own.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    cell::RefCell,
    net::TcpListener,
    panic,
    sync::{
        atomic::{AtomicU32, Ordering::Relaxed},
        mpsc,
    },
    thread,
};

use opentelemetry::{
    Context,
    trace::{TraceContextExt as _, TracerProvider as _},
};
use steeple_core::{Observer, SpanId, TraceConfig, TraceContext, current};
use steeple_metrics::Registry;
use steeple_otlp::{Otlp, Signal};
use tracing::level_filters::LevelFilter;

/// A service whose backend never answers.
struct Service {
    otlp: Otlp,
    observer: Observer,
    _backend: TcpListener,
}

impl Service {
    fn new() -> Self {
        let backend = TcpListener::bind("127.0.0.1:0").unwrap();
        let otlp = Otlp::builder()
            .endpoint(format!("http://{}", backend.local_addr().unwrap()))
            .without(Signal::Metrics)
            .without(Signal::Logs)
            .start(Registry::new())
            .unwrap();
        let traces = otlp.opentelemetry_context(TraceConfig::new());
        let observer = Observer::builder()
            .traces(traces)
            .sink(otlp.request_spans().unwrap())
            .build()
            .unwrap();
        Self {
            otlp,
            observer,
            _backend: backend,
        }
    }
}

fn in_context() -> [u8; 8] {
    let context = Context::current();
    context.span().span_context().span_id().to_bytes()
}

fn id(place: TraceContext) -> [u8; 8] {
    SpanId::to_bytes(place.span_id())
}

#[test]
fn the_context_tells_of_spans_of_tracing_once_the_api_is_used() {
    let service = Service::new();
    let subscriber = service
        .otlp
        .tracing_subscriber(&service.observer, LevelFilter::INFO);
    let handle = || {
        let request = current::trace().unwrap();
        let before = tracing::info_span!("before");
        before.in_scope(|| {
            assert_ne!(current::trace().unwrap(), request);
            assert_eq!(in_context(), id(request));
        });
        let provider = service.otlp.tracer_provider(&service.observer);
        drop(provider.unwrap().tracer("shop"));
        before.in_scope(|| assert_eq!(in_context(), id(request)));
        tracing::info_span!("after").in_scope(|| {
            assert_ne!(current::trace().unwrap(), request);
            assert_eq!(in_context(), id(current::trace().unwrap()));
        });
    };
    tracing::subscriber::with_default(subscriber.unwrap(), || {
        service.observer.observe("job", "handler").run(handle);
    });
}

/// Something that is used when the thread is at its end.
struct AtTheEnd(Box<dyn Fn()>);

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        (self.0)();
    }
}

thread_local! {
    static AT_THE_END: RefCell<Option<AtTheEnd>> = const { RefCell::new(None) };
}

#[test]
fn a_request_at_the_end_of_a_thread_is_served_without_the_context() {
    static PANICS: AtomicU32 = AtomicU32::new(0);
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        PANICS.fetch_add(1, Relaxed);
        before(info);
    }));
    let service = Service::new();
    // That there is no context any more can be seen by a panic alone, where nobody asked before.
    for (is_first, expected) in [(false, 0), (true, 1)] {
        let observer = service.observer.clone();
        let (send, receive) = mpsc::channel();
        let serve = move || {
            let job = || observer.observe("job", "handler").run(current::trace);
            send.send(job().is_some() && job().is_some()).unwrap();
        };
        let earlier = service.observer.clone();
        let ending = thread::spawn(move || {
            // What is there first is destroyed last.
            AT_THE_END.set(Some(AtTheEnd(Box::new(serve))));
            if is_first {
                drop(Context::current());
            } else {
                earlier.observe("job", "earlier").run(Context::current);
            }
        });
        ending.join().unwrap();
        assert_eq!(receive.recv(), Ok(true));
        assert_eq!(PANICS.swap(0, Relaxed), expected);
    }
}
