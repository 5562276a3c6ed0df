//! What a native histogram counts, and how little of it is shown.

mod cell;
mod place;
mod shown;
mod table;
mod tally;

pub(crate) use self::{cell::NativeCell, shown::Look};
