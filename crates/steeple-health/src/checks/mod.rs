//! Checks of what services commonly depend on.
//!
//! Each has connections of its own: none is taken from a pool of the application's, so that a pool that is used to its limit is no
//! database that is down, and a check that is given up leaves nothing behind there.

#[cfg(any(feature = "grpc", feature = "http"))]
mod asked;
#[cfg(feature = "certificate")]
mod certificate;
#[cfg(feature = "deadpool")]
mod deadpool;
#[cfg(all(feature = "disk", unix))]
mod disk;
#[cfg(feature = "grpc")]
mod grpc;
#[cfg(feature = "http")]
mod http;
#[cfg(any(feature = "redis", feature = "sqlx"))]
mod kept;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "sqlx")]
mod sqlx;
#[cfg(any(feature = "grpc", feature = "http", feature = "served-certificate"))]
mod target;
mod tcp;

#[cfg(feature = "certificate")]
pub use self::certificate::certificate;
#[cfg(feature = "served-certificate")]
pub use self::certificate::served_certificate;
#[cfg(feature = "deadpool")]
pub use self::deadpool::deadpool;
#[cfg(all(feature = "disk", unix))]
pub use self::disk::disk;
#[cfg(feature = "grpc")]
pub use self::grpc::grpc;
#[cfg(feature = "http")]
pub use self::http::http;
#[cfg(feature = "redis")]
pub use self::redis::redis;
#[cfg(feature = "sqlx")]
pub use self::sqlx::sqlx;
#[cfg(any(feature = "grpc", feature = "http", feature = "served-certificate"))]
pub use self::target::TargetError;
pub use self::tcp::tcp;

/// What [`Check::component`](crate::Check::component) calls databases.
#[cfg(any(feature = "deadpool", feature = "redis", feature = "sqlx"))]
const DATASTORE: &str = "datastore";
