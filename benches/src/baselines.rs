//! What a layer costs before it does anything, and the least that a useful one could cost.

mod do_nothing;
mod floor;

pub(crate) use do_nothing::DoNothing;
pub(crate) use floor::Floor;
