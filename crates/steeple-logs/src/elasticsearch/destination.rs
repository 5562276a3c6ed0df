use std::time::Duration;

use steeple_core::pipeline::{PipelineBuilder, RetryPolicy};

use super::{ElasticsearchBuilder, ElasticsearchError};
use crate::{Destination, Format, Marker, Outlet};

const NAME: &str = "logs-elasticsearch";
#[cfg(feature = "spool")]
const SPOOL: &str = "logs-elasticsearch-spool";
/// The time that a line waits for others: a search shows it a second later anyway, unless the index is told otherwise.
const DELAY: Duration = Duration::from_secs(1);
const BATCH_BYTES: usize = 1 << 20;

/// Takes lines in [`Format::Ecs`] alone, by a pipeline called `logs-elasticsearch`.
impl Destination for ElasticsearchBuilder {
    type Error = ElasticsearchError;

    fn start(self, marker: Marker) -> Result<Outlet, ElasticsearchError> {
        let pipeline = self.pipeline.clone();
        #[cfg(feature = "spool")]
        let spool = self.spool.clone();
        let elasticsearch = self.build()?;
        let exporters = move || elasticsearch.exporter();
        #[cfg(feature = "spool")]
        if let Some(spool) = spool {
            let exporters = spool.before(SPOOL, exporters)?;
            return Ok(Outlet::start(pipeline, marker, exporters));
        }
        Ok(Outlet::start(pipeline, marker, exporters))
    }

    /// Documents of a data stream have an `@timestamp`, which lines in other formats have not.
    fn takes(&self, format: Format) -> bool {
        format == Format::Ecs
    }
}

pub(super) fn pipeline() -> PipelineBuilder {
    Outlet::pipeline(NAME)
        .max_batch_bytes(BATCH_BYTES)
        .max_delay(DELAY)
        .retry(RetryPolicy::default().max_elapsed(Duration::MAX))
}
