//! [TLS](https://www.rfc-editor.org/rfc/rfc8446) by rustls.

mod connector;
mod files;
mod provider;
mod settings;

pub(crate) use connector::connector;
pub use settings::Tls;
