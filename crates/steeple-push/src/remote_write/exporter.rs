use snap::raw::Encoder;
use steeple_client::{
    Client,
    http::{
        HeaderName, HeaderValue, Method,
        header::{CONTENT_ENCODING, CONTENT_TYPE},
    },
};
use steeple_core::pipeline::{ExportError, Exporter};

use super::{
    encoder::{Style, write_request},
    sample::Sample,
};

const VERSION: HeaderName = HeaderName::from_static("x-prometheus-remote-write-version");

/// Writes samples, in the order in which they were taken.
pub(super) struct WriteExporter {
    pub(super) client: Client,
    pub(super) style: Style,
}

impl Exporter<Sample> for WriteExporter {
    async fn export(&mut self, batch: &[Sample]) -> Result<(), ExportError> {
        let request = write_request(batch, &self.style);
        let body = Encoder::new()
            .compress_vec(&request)
            .map_err(ExportError::permanent)?;
        let headers = [
            (CONTENT_TYPE, "application/x-protobuf"),
            (CONTENT_ENCODING, "snappy"),
            (VERSION, "0.1.0"),
        ]
        .map(|(name, value)| (name, HeaderValue::from_static(value)));
        self.client
            .send(Method::POST, headers, body)
            .await
            .map(drop)
    }
}
