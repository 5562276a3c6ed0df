use std::{
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use steeple_core::ops::{OpsBody, OpsResponse, OpsStream};
use steeple_metrics::{Exposition, Format, Registry};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::answer;

const RENDERS: usize = 4;

/// Renders the registry for whoever asks, to at most four clients at a time.
pub(crate) struct Scrapes {
    registry: Registry,
    renders: Arc<Semaphore>,
}

impl Scrapes {
    pub(crate) fn new(registry: Registry) -> Self {
        Self {
            registry,
            renders: Arc::new(Semaphore::new(RENDERS)),
        }
    }

    pub(crate) fn answer(&self) -> OpsResponse {
        let Ok(permit) = Arc::clone(&self.renders).try_acquire_owned() else {
            return answer::text(503, "too many scrapes at a time").with_header("retry-after", "1");
        };
        let render = Render {
            exposition: self.registry.exposition(Format::Text),
            _permit: permit,
        };
        answer::with_content_type(200, Format::Text.content_type()).with_body(OpsBody::Stream(Box::new(render)))
    }
}

/// One render under way; a chunk is made when the client has room for it.
struct Render {
    exposition: Exposition,
    _permit: OwnedSemaphorePermit,
}

impl OpsStream for Render {
    fn poll_chunk(&mut self, _cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        Poll::Ready(self.exposition.next().map(Bytes::from))
    }
}
