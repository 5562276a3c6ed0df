use steeple_core::redaction::Redaction;

use crate::{volume::Volume, writers::Writers};

/// What all that logs has in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) writers: Writers,
    pub(crate) redaction: Redaction,
    pub(crate) volume: Volume,
}
