//! What is made current with a request.

use std::{
    cell::RefCell,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use steeple_core::{RequestRecord, Scope, TraceConfig, TraceScope, errors::ErrorReport, log_error};
use tracing::{Dispatch, Event, Metadata, Subscriber, dispatcher, span};

use crate::{Stage, respond};

thread_local! {
    /// The scopes that this thread is in, the outermost first.
    static WITHIN: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

fn within() -> Vec<u32> {
    WITHIN.with_borrow(Vec::clone)
}

#[derive(Debug)]
struct Numbered {
    number: u32,
    dropped: Arc<AtomicU32>,
}

impl Scope for Numbered {
    fn enter(&self) {
        WITHIN.with_borrow_mut(|within| within.push(self.number));
    }

    fn exit(&self) {
        let left = WITHIN.with_borrow_mut(Vec::pop);
        assert_eq!(left, Some(self.number));
    }
}

impl TraceScope for Numbered {}

impl Drop for Numbered {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, Relaxed);
    }
}

/// Whoever is told of something, and the scopes that the thread is in then.
type Told = Arc<Mutex<Vec<(&'static str, Vec<u32>)>>>;

fn stage() -> (Stage, Told, Arc<AtomicU32>) {
    let (told, made, dropped) = (Told::default(), AtomicU32::new(0), Arc::default());
    let (record, error) = (Arc::clone(&told), Arc::clone(&told));
    let drops = Arc::clone(&dropped);
    let stage = Stage::with(|builder| {
        builder
            .scopes(move || {
                Arc::new(Numbered {
                    number: made.fetch_add(1, Relaxed),
                    dropped: Arc::clone(&drops),
                })
            })
            .sink(move |_: &RequestRecord<'_>| record.lock().unwrap().push(("record", within())))
            .error_sink(move |_: &Arc<ErrorReport>| {
                error.lock().unwrap().push(("error", within()));
            })
    });
    (stage, told, dropped)
}

#[test]
fn each_request_has_a_scope_of_its_own_wherever_it_is_polled() {
    let (stage, _, dropped) = stage();
    let (mut first, mut second) = (stage.get(), stage.get());
    assert_eq!(first.run(within).unwrap(), [0]);
    assert_eq!(second.run(within).unwrap(), [1]);
    first.run(|| panic!("in a scope")).unwrap_err();
    assert_eq!(first.run(|| second.run(within).unwrap()).unwrap(), [0, 1]);
    assert_eq!(within(), [0; 0]);
    respond(&mut first, 500, Some(0));
    assert_eq!(dropped.load(Relaxed), 1);
    assert_eq!(second.run(within).unwrap(), [1]);
}

/// A scope that nobody asks for its end.
fn numbered(number: u32) -> Arc<Numbered> {
    let dropped = Arc::default();
    Arc::new(Numbered { number, dropped })
}

#[test]
fn scopes_of_several_are_one_in_another() {
    let stage = Stage::with(|builder| builder.scopes(|| numbered(1)).scopes(|| numbered(2)));
    assert_eq!(stage.get().run(within).unwrap(), [1, 2]);
    assert_eq!(within(), [0; 0]);
}

#[test]
fn a_scope_is_left_before_that_of_the_trace_that_it_is_in() {
    let stage = Stage::with(|builder| {
        let traces = TraceConfig::new().scope(|_| numbered(1));
        builder.traces(traces).scopes(|| numbered(2))
    });
    let mut observation = stage.get();
    assert_eq!(observation.run(within).unwrap(), [1, 2]);
    assert_eq!(within(), [0; 0]);
    observation.run(|| panic!("in both")).unwrap_err();
    assert_eq!(within(), [0; 0]);
}

/// A subscriber that is there.
struct Local;

impl Subscriber for Local {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        false
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// Whether the subscriber was there when this was entered and left.
#[derive(Debug, Default)]
struct Looks(Mutex<Vec<bool>>);

impl Looks {
    fn look(&self) {
        let is_there = dispatcher::get_default(Dispatch::is::<Local>);
        self.0.lock().unwrap().push(is_there);
    }
}

impl Scope for Looks {
    fn enter(&self) {
        self.look();
    }

    fn exit(&self) {
        self.look();
    }
}

#[test]
fn a_scope_is_left_where_it_was_entered() {
    let looks = Arc::new(Looks::default());
    let scope = Arc::clone(&looks);
    let stage = Stage::with(|builder| {
        let builder = builder.local_subscriber(Dispatch::new(Local));
        builder.scopes(move || scope.clone())
    });
    let seen = || looks.0.lock().unwrap().clone();
    let mut observation = stage.get();
    observation.run(|| ()).unwrap();
    assert_eq!(seen(), [false; 2]);
    // The sink is told in it.
    respond(&mut observation, 200, Some(0));
    assert_eq!(seen(), [false; 4]);
}

#[test]
fn sinks_are_told_of_a_request_in_its_scope() {
    let (stage, told, _) = stage();
    let mut observation = stage.get();
    let log = || log_error(&std::io::Error::other("no stock"), &[]);
    observation.run(log).unwrap();
    respond(&mut observation, 503, Some(0));
    assert_eq!(
        *told.lock().unwrap(),
        [
            ("error", vec![0, 0]),
            ("record", vec![0]),
            ("error", vec![0])
        ]
    );
    assert_eq!(within(), [0; 0]);
}
