//! What lines are made in.

use std::cell::Cell;

use super::{clients::Clients, common::Common};

/// What a thread uses again for each line.
#[derive(Default)]
pub(super) struct Rooms {
    pub(super) texts: Texts,
    pub(super) clients: Clients,
    pub(super) common: Common,
    pub(super) message: String,
}

/// Where texts are written that differ from what was sent.
#[derive(Default)]
pub(super) struct Texts {
    pub(super) path: String,
    pub(super) query: String,
    pub(super) agent: String,
    pub(super) referrer: String,
    pub(super) error: String,
}

thread_local! {
    static ROOMS: Cell<Option<Box<Rooms>>> = const { Cell::new(None) };
}

impl Rooms {
    /// Lends the thread's to `f`, or others if it ends.
    pub(super) fn lend<R>(f: impl FnOnce(&mut Self) -> R) -> R {
        let mut rooms = ROOMS
            .try_with(Cell::take)
            .ok()
            .flatten()
            .unwrap_or_default();
        let result = f(&mut rooms);
        let _ = ROOMS.try_with(|kept| kept.set(Some(rooms)));
        result
    }
}
