//! What is told by all lines of a request, a job or a carried future from some point on.

use std::sync::{Arc, OnceLock};

use steeple_core::{current, redaction::Redaction};

use crate::{
    encode::{Fields, Scalar},
    redact,
};

/// How many bytes of names and values are bound at most, encoded.
const MOST_BYTES: usize = 4 << 10;

/// That of the first logs of the process, which what is bound is encoded with.
static REDACTION: OnceLock<Redaction> = OnceLock::new();

pub(crate) fn redact_by(redaction: &Redaction) {
    let _ = REDACTION.set(redaction.clone());
}

/// Tells `value` as `name` in all lines that the current request or job logs from now on, in whichever task and function it does;
/// in place of what was bound by that name before. It follows into tasks by [`current::carry`]. Fields that a line or its spans
/// have themselves count more.
///
/// It is encoded once. At most 4 KiB are bound in all; what finds no room is left out. Outside of any request, job and carried
/// future it does nothing.
///
/// ```
/// # fn handler(user: &str) {
/// steeple_logs::bind("user.id", user);
/// tracing::info!("found the user"); // with "user":{"id":"..."}
/// # }
/// ```
pub fn bind<'a>(name: &str, value: impl Into<Scalar<'a>>) {
    let redaction = REDACTION.get_or_init(Redaction::new);
    let mut room = String::new();
    let is_secret = redaction.names_a_secret(name);
    let value = redact::scalar(redaction, is_secret, value.into(), &mut room);
    rebind(|bound| bound.put_within(name, value, MOST_BYTES));
}

/// Takes back what was [bound](bind) as `name`.
pub fn unbind(name: &str) {
    rebind(|bound| bound.take(name));
}

/// Changes what is bound. Who has been handed it on keeps what was.
fn rebind(change: impl FnOnce(&mut Fields)) {
    let known = current::bound();
    let known = known
        .as_ref()
        .and_then(|known| known.downcast_ref::<Fields>());
    let mut bound = known.cloned().unwrap_or_default();
    change(&mut bound);
    current::rebind(Some(Arc::new(bound)));
}
