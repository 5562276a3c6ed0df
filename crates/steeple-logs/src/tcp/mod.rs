//! Lines over connections.

mod address;
mod connection;
mod error;
mod framing;
mod settings;
mod writing;

#[cfg(feature = "syslog")]
pub(crate) use self::{
    address::Address, connection::Connector, framing::Framing, settings::pipeline, writing::Writing,
};
pub use self::{error::NetworkError, settings::Tcp};
