//! How long certificates are valid: of a file, or shown by a server.

mod expiry;
mod file;
#[cfg(feature = "served-certificate")]
mod served;

pub use self::file::certificate;
#[cfg(feature = "served-certificate")]
pub use self::served::served_certificate;
