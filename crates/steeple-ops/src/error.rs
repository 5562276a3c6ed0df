use std::{io, net::SocketAddr, time::Duration};

use thiserror::Error;

use crate::token::TokenError;

/// Why the ops listener did not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BindError {
    /// Other machines could reach the address and nothing would keep them out.
    #[error(
        "ops address {address} can be reached from other machines and has no token; set one or use a loopback address such as 127.0.0.1:9464"
    )]
    TokenMissing {
        /// The configured address.
        address: SocketAddr,
    },
    /// A service to be mounted has no token, and whoever reaches the application could call it.
    #[error(
        "an ops service outside of its own listener has no token, so whoever reaches the application could read it; set one"
    )]
    ServiceTokenMissing,
    /// The token is unusable.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// An allowed host is not one.
    #[error(
        "allowed ops host {host:?} is not a host; give a name or an address without scheme, port or path, such as metrics.internal"
    )]
    Host {
        /// The configured host.
        host: String,
    },
    /// A time limit would cut off everybody or nobody.
    #[error("ops {limit} timeout of {timeout:?} is out of range; give one from 1 ms to 1 h")]
    Timeout {
        /// Which limit: `header` or `write`.
        limit: &'static str,
        /// The configured duration.
        timeout: Duration,
    },
    /// The configured address is taken.
    #[error(
        "ops address {address} is already in use; stop its user, configure another address, or use port 0 for any free one"
    )]
    AddressInUse {
        /// The configured address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The address cannot be listened on.
    #[error("ops address {address} cannot be listened on; use an address of this machine")]
    Address {
        /// The configured or default address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The listener's thread or its runtime could not be started.
    #[error("the ops thread could not be started; raise the process's limits of threads and files")]
    Thread(#[source] io::Error),
}

/// Why the ops listener did not stop in order.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ShutdownError {
    /// The listener has stopped, but not all of its connections ended in time.
    #[error(
        "{cut} ops connections were still busy after {deadline:?} and were cut off; allow more time"
    )]
    Busy {
        /// How many connections were cut off.
        cut: usize,
        /// The time that they had.
        deadline: Duration,
    },
    /// The listener's thread does not answer: it is blocked, or missing in a child of `fork`.
    #[error(
        "the ops thread did not answer within {deadline:?} and is left behind; look for what blocks it, and start steeple after any fork"
    )]
    TimedOut {
        /// The time that it had.
        deadline: Duration,
    },
    /// The listener's thread had ended before.
    #[error("the ops thread ended before its shutdown; look for its panic in the log")]
    Ended,
    /// The thread that waits for the listener could not be started; the listener has stopped at once.
    #[error(
        "the thread that waits for the ops listener could not be started, which stopped it at once; raise the process's limit of threads"
    )]
    Thread(#[source] io::Error),
}
