//! What a summary counts.

mod cell;
mod last;
mod ranks;
mod recent;
mod sketch;
mod watch;

pub(crate) use self::cell::SummaryCell;
