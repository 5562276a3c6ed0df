//! Keeps secrets out of what is told: by the names they go by, and by what they look like.
//!
//! It is made for the request path: texts are read once, from left to right, in time that grows with their length alone and
//! whatever they hold, and nothing is allocated where there is nothing to hide.
//!
//! ```
//! use steeple_core::redaction::{Redaction, Sensitive};
//!
//! let redaction = Redaction::new().name("iban");
//! let mut room = String::new();
//! assert_eq!(
//!     redaction.text("cannot connect to postgres://shop:hunter2@db:5432/shop", &mut room),
//!     "cannot connect to postgres://[redacted]@db:5432/shop"
//! );
//! assert!(redaction.names_a_secret("customer_iban"));
//! assert_eq!(format!("{:?}", Sensitive::new("hunter2")), "[redacted]");
//! ```

mod card;
mod harmless;
mod keys;
mod names;
mod query;
mod reader;
mod rules;
mod scanner;
mod sensitive;
mod value;

#[doc(hidden)]
pub use self::query::{CLOUD_SIGNATURES, percent_decoded};
pub use self::{rules::Redaction, sensitive::Sensitive};

/// What takes the place of a secret.
pub const REDACTED: &str = "[redacted]";

#[cfg(test)]
mod tests;
