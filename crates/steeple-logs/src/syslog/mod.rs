//! [Syslog](https://www.rfc-editor.org/rfc/rfc5424).

mod datagrams;
mod facility;
mod header;
mod settings;

pub use self::{facility::Facility, settings::Syslog};
