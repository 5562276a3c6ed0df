//! A backend over HTTP/1.1 that answers as it is told to, for the tests of those who send.

mod answer;
mod request;
mod script;
mod stub;

pub use self::{answer::Answer, request::Request, script::Script, stub::Stub};
