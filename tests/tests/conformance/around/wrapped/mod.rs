//! The same for actix-web: its own middleware, inside and outside of ours.

pub(super) mod compress;
pub(super) mod error_handlers;
mod framework;
pub(super) mod logger;
pub(super) mod normalize_path;
