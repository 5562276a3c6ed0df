//! Errors: what events tell of them, and lines of those that are reported.

mod failure;
mod frames;
mod lines;
mod sink;

pub use self::sink::ErrorLog;
pub(crate) use self::{
    failure::{Chain, put_error, whole_message},
    sink::ErrorPipeline,
};
