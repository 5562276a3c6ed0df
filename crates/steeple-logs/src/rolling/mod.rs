//! Files that are begun anew when they are large or old.
//!
//! A file that is full is renamed to its name with the time behind it, such as `service.log.20261123T005500.123Z`, and lines go on in
//! a new one. Other files of the directory are left alone, and links are not followed.

mod archive;
mod current;
mod error;
mod files;
mod hangup;
mod housekeeping;
mod settings;
mod writing;

pub use self::{error::RollingFileError, settings::RollingFile};
