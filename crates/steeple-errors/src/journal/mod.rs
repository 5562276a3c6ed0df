//! The file that groups survive a restart in: one record a line, each of which is JSON and holds a checksum.

mod error;
mod file;
mod record;
mod recovery;
mod troubles;

pub(crate) use self::{error::JournalError, file::Journal, troubles::Troubles};
