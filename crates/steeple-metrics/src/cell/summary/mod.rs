//! What a summary counts.

mod cell;
mod ranks;
mod recent;
mod sketch;

pub(crate) use self::cell::SummaryCell;
