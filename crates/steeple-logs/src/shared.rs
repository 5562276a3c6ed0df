use steeple_core::redaction::Redaction;

use crate::writers::Writers;

/// What all that logs has in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) writers: Writers,
    pub(crate) redaction: Redaction,
}
