use steeple_core::pipeline::{ExportError, Exporter};

use super::Transport;
use crate::{Signal, encoded::Encoded, envelope::Envelope};

/// Exports what is encoded already.
pub(crate) struct OtlpExporter {
    pub(crate) signal: Signal,
    pub(crate) envelope: Envelope,
    pub(crate) transport: Transport,
}

impl Exporter<Encoded> for OtlpExporter {
    async fn export(&mut self, batch: &[Encoded]) -> Result<(), ExportError> {
        let request = self.envelope.around(batch);
        self.transport.send(self.signal, request).await
    }
}
