use std::{
    convert::Infallible,
    mem,
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
        let chunk = match &mut self.0 {
            OpsBody::Full(bytes) if bytes.is_empty() => Poll::Ready(None),
            OpsBody::Full(bytes) => Poll::Ready(Some(mem::take(bytes))),
            OpsBody::Stream(stream) => stream.poll_chunk(cx),
        };
        chunk.map(|chunk| chunk.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.0, OpsBody::Full(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            OpsBody::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            OpsBody::Stream(_) => SizeHint::default(),
        }
    }
}
