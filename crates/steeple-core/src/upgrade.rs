//! What a connection goes on as, once a request has upgraded it.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use crate::lifetime::Lifetime;

/// A hold on what goes on after the head of a request that upgrades its connection, or its stream of HTTP/2: a WebSocket,
/// a tunnel.
///
/// Whoever carries that on holds one. It is open from the head of the response until the last hold is dropped; if the
/// request is answered with anything else, it never was.
#[derive(Clone, Default)]
#[must_use = "an upgrade is over when its last hold is dropped"]
pub struct Upgrade(Arc<OnceLock<Lifetime>>);

impl Upgrade {
    /// Opens it.
    pub(crate) fn begin(&self, lifetime: Lifetime) {
        let _ = self.0.set(lifetime);
    }
}

impl fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrade")
            .field("open", &self.0.get().is_some())
            .finish()
    }
}
