//! What is made current with a request.

use std::{
    cell::RefCell,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use steeple_core::{RequestRecord, Scope, errors::ErrorReport, log_error};

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

impl Drop for Numbered {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, Relaxed);
    }
}

/// Whoever is told of something, and the scopes that the thread is in then.
type Told = Arc<std::sync::Mutex<Vec<(&'static str, Vec<u32>)>>>;

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

#[test]
fn scopes_of_several_are_one_in_another() {
    let number = |number| {
        move || -> Arc<dyn Scope> {
            let dropped = Arc::default();
            Arc::new(Numbered { number, dropped })
        }
    };
    let stage = Stage::with(|builder| builder.scopes(number(1)).scopes(number(2)));
    assert_eq!(stage.get().run(within).unwrap(), [1, 2]);
    assert_eq!(within(), [0; 0]);
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
