use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;
use pin_project_lite::pin_project;
use steeple_core::{Observation, Upgrade};

pin_project! {
    /// The body of a response that is observed to its end.
    ///
    /// A panic in it breaks it off with a [`Panicked`](steeple_core::Panicked). It gives its bytes out only as the server
    /// asks for them, never all at once beforehand: it would be complete before any of it is sent.
    #[derive(Debug)]
    #[project = Projection]
    pub struct ObservedBody<B> {
        // Empty once it is over.
        #[pin]
        inner: Option<B>,
        observation: Observation,
        // This body is what the connection goes on as.
        upgrade: Option<Upgrade>,
    }

    impl<B> PinnedDrop for ObservedBody<B> {
        fn drop(this: Pin<&mut Self>) {
            this.project().drop_inner();
        }
    }
}

impl<B> ObservedBody<B> {
    pub(crate) fn new(inner: B, observation: Observation, upgrade: Option<Upgrade>) -> Self {
        Self {
            inner: Some(inner),
            observation,
            upgrade,
        }
    }
}

impl<B> Projection<'_, B> {
    /// Drops the body while its observation is current.
    fn drop_inner(&mut self) {
        if self.inner.is_some() {
            // A panic in it is recorded; there is nothing else to do about it.
            let _ = self.observation.run(|| self.inner.set(None));
        }
    }
}

impl<B: MessageBody> MessageBody for ObservedBody<B> {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        self.inner
            .as_ref()
            .map_or(BodySize::None, MessageBody::size)
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        let next = match this.observation.run(|| inner.poll_next(context)) {
            Ok(polled) => ready!(polled).map(|chunk| chunk.map_err(Into::into)),
            Err(panicked) => Some(Err(panicked.into())),
        };
        if let Some(Ok(bytes)) = &next {
            this.observation.chunk(bytes.len());
            return Poll::Ready(next);
        }
        // What the body drops still belongs to the request.
        this.drop_inner();
        match &next {
            Some(_) => this.observation.fail("body_error"),
            None => this.observation.finish(),
        }
        Poll::Ready(next)
    }
}
