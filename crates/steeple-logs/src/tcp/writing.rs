use std::io;

use steeple_core::pipeline::{ExportError, Exporter};
use thiserror::Error;

use super::{
    address::Address,
    connection::{Connection, Connector},
    framing::Framing,
};
use crate::Lines;

/// Sends lines on a connection. A batch that was sent in part is sent again, as a whole, on another one.
pub(crate) struct Writing {
    connection: Connection,
    framing: Framing,
}

/// Lines could not be sent.
#[derive(Debug, Error)]
#[error("lines could not be sent to {address}")]
struct NotSent {
    address: Address,
    source: io::Error,
}

impl Writing {
    pub(crate) fn new(connector: Connector, framing: Framing) -> Self {
        Self {
            connection: Connection::new(connector),
            framing,
        }
    }
}

impl Exporter<Lines> for Writing {
    async fn export(&mut self, batch: &[Lines]) -> Result<(), ExportError> {
        let framed = batch.iter().map(|lines| self.framing.frame(lines));
        self.connection.send(framed).await.map_err(|source| {
            ExportError::retryable(NotSent {
                address: self.connection.connector.address.clone(),
                source,
            })
        })
    }
}
