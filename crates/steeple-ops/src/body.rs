use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use steeple_core::ops::OpsBody;

/// Hands an [`OpsBody`] to hyper.
pub(crate) struct ResponseBody(pub(crate) OpsBody);

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let chunk = self.0.poll_chunk(cx);
        chunk.map(|chunk| chunk.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.size() == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.0
            .size()
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
