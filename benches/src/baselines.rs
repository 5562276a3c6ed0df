//! What a layer costs before it does anything, and the least that a useful one could cost.

mod actix_do_nothing;
mod actix_floor;
mod do_nothing;
mod floor;

pub(crate) use actix_do_nothing::ActixDoNothing;
pub(crate) use actix_floor::ActixFloor;
pub(crate) use do_nothing::DoNothing;
pub(crate) use floor::Floor;
