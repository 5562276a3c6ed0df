//! One connection of a server.

use std::{
    cell::Cell,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{lifetime::Lifetime, upgrade::Upgrade};

thread_local! {
    static CURRENT: Cell<Option<Connection>> = const { Cell::new(None) };
}

/// A connection under observation, from [`Observer::connection`](crate::Observer::connection) until its last clone is
/// dropped.
///
/// Keep one with what the connection reads and writes through: where a request upgrades the connection, that lives on in
/// the upgraded stream.
#[derive(Clone)]
#[must_use = "a connection counts as open until it is dropped"]
pub struct Connection(Arc<Parts>);

/// Its fields end in this order.
struct Parts {
    /// What it goes on as, one for each observer of the request.
    upgrades: Mutex<Vec<Upgrade>>,
    _lifetime: Lifetime,
}

impl Connection {
    pub(crate) fn new(lifetime: Lifetime) -> Self {
        Self(Arc::new(Parts {
            upgrades: Mutex::default(),
            _lifetime: lifetime,
        }))
    }

    /// Runs code of a request that came over this connection: if the request upgrades HTTP/1, the connection carries the
    /// [`Upgrade`].
    ///
    /// Only requests that ask for an upgrade need it.
    pub fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        let before = CURRENT.try_with(|current| current.replace(Some(self.clone())));
        let _entered = Entered(before.ok().flatten());
        f()
    }

    /// The connection that the running code belongs to.
    pub(crate) fn current() -> Option<Self> {
        CURRENT
            .try_with(|current| {
                let connection = current.take();
                current.set(connection.clone());
                connection
            })
            .ok()
            .flatten()
    }

    /// Holds `upgrade` until the connection ends. HTTP/1 can be left once only, so there is one for each observer.
    pub(crate) fn carry(&self, upgrade: Upgrade) {
        let upgrades = self.0.upgrades.lock();
        upgrades
            .unwrap_or_else(PoisonError::into_inner)
            .push(upgrade);
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

/// Puts back the connection that was current before, however the code ends.
struct Entered(Option<Connection>);

impl Drop for Entered {
    fn drop(&mut self) {
        let _ = CURRENT.try_with(|current| current.set(self.0.take()));
    }
}
