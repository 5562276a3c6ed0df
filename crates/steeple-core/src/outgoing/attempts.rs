//! How often a request was sent.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

/// Counts the attempts of one request: all clones count together.
///
/// Put one with a request before whatever sends it again, so that the attempts are told apart.
#[derive(Clone, Debug, Default)]
pub struct Attempts(Arc<AtomicU32>);

impl Attempts {
    /// Counts an attempt and tells how many there were before it: the attribute
    /// [`http.request.resend_count`](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/registry/attributes/http.md).
    #[must_use]
    pub fn next(&self) -> u32 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}
