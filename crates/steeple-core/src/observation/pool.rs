//! States that are used again, so that an observation allocates nothing in the steady state.

use std::{
    cell::{Cell, RefCell},
    sync::Arc,
};

use crate::{
    observation::state::{Progress, State},
    observer::Shared,
};

/// How many states a thread keeps, about 400 bytes each. A kept state holds on to the observer it served last.
const KEPT: usize = 64;

thread_local! {
    /// The state that was given back last, which is all that a thread needs that observes one request at a time.
    static LAST: Cell<Option<Box<State>>> = const { Cell::new(None) };
    #[expect(clippy::vec_box, reason = "a state keeps its box from one observation to the next")]
    static FREE: RefCell<Vec<Box<State>>> = const { RefCell::new(Vec::new()) };
}

/// Takes a state from the pool, or makes one. Its beginning and its fields are for the caller to set.
#[inline]
pub(crate) fn acquire(shared: &Arc<Shared>) -> Box<State> {
    let last = LAST.try_with(Cell::take).ok().flatten();
    let mut state = last.unwrap_or_else(|| pop(shared));
    // Most processes have one observer: its count stays untouched, so threads do not contend for it.
    if !state.belongs_to(shared) {
        move_to(&mut state, shared);
    }
    state
}

#[cold]
fn move_to(state: &mut State, shared: &Arc<Shared>) {
    state.shared = Some(Arc::clone(shared));
    state.is_surrounded = shared.isolation.is_some();
    // What it holds is of the other observer's budget.
    state.recording = None;
}

#[inline(never)]
fn pop(shared: &Arc<Shared>) -> Box<State> {
    let free = FREE.try_with(|free| free.borrow_mut().pop()).ok().flatten();
    free.unwrap_or_else(|| Box::new(State::new(Arc::clone(shared))))
}

/// Gives a settled state back.
#[inline]
pub(crate) fn release(mut state: Box<State>) {
    state.progress = Progress::default();
    state.forget_path();
    if state.propagated.is_some() {
        state.propagated = None;
    }
    if state.bound.is_some() {
        state.bound = None;
    }
    if let Some(scene) = &mut state.scene {
        scene.clear();
    }
    let last = LAST.try_with(|last| last.replace(Some(state)));
    if let Ok(Some(last)) = last {
        push(last);
    }
}

#[inline(never)]
fn push(state: Box<State>) {
    let _ = FREE.try_with(|free| {
        let mut free = free.borrow_mut();
        if free.len() < KEPT {
            free.push(state);
        }
    });
}
