//! What is in the queue.

use std::{future, time::Duration};

/// How long a delivery may take.
const PATIENCE: Duration = Duration::from_millis(200);

/// An e-mail to deliver.
#[derive(Clone, Debug)]
pub(crate) struct Email {
    to: &'static str,
}

/// An e-mail could not be delivered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeliveryError {
    /// Nobody has this address.
    #[error("nobody is called `{0}`; correct the address")]
    NoSuchMailbox(&'static str),
    /// The other side does not answer.
    #[error("no answer within {PATIENCE:?}; deliver it later")]
    TimedOut,
}

impl Email {
    /// One that is delivered, and one for each way of failing.
    pub(crate) fn samples() -> impl Iterator<Item = Self> + Clone {
        ["ada", "nobody", "silence", "bug"]
            .into_iter()
            .map(|to| Self { to })
    }

    /// Delivers it.
    pub(crate) async fn deliver(self) -> Result<(), DeliveryError> {
        match self.to {
            "nobody" => Err(DeliveryError::NoSuchMailbox(self.to)),
            "silence" => tokio::time::timeout(PATIENCE, future::pending())
                .await
                .map_err(|_| DeliveryError::TimedOut),
            "bug" => panic!("a bug in the delivery"),
            _ => Ok(()),
        }
    }
}
