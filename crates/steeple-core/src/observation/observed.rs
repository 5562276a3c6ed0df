use std::{
    future::Future,
    ops::ControlFlow,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use crate::{observation::Observation, panic::Panicked};

pin_project! {
    /// A part of a request that is polled, for adapters: the future of its response, or its response's body.
    ///
    /// It is polled and dropped inside of the observation, and dropped as soon as it is over or has panicked.
    #[derive(Debug)]
    #[must_use = "dropping an observation settles it as cancelled"]
    #[project = Projection]
    pub struct Observed<T> {
        #[pin]
        part: Option<T>,
        observation: Observation,
    }

    impl<T> PinnedDrop for Observed<T> {
        fn drop(this: Pin<&mut Self>) {
            this.project().drop_part();
        }
    }
}

impl<T> Observed<T> {
    /// Puts `part` under observation; `None` if making it panicked.
    #[inline]
    pub fn new(part: Option<T>, observation: Observation) -> Self {
        Self { part, observation }
    }

    /// The part, until it is over or has panicked.
    #[inline]
    #[must_use]
    pub fn part(&self) -> Option<&T> {
        self.part.as_ref()
    }

    /// The observation that the part belongs to.
    #[inline]
    pub fn observation(self: Pin<&mut Self>) -> &mut Observation {
        self.project().observation
    }

    /// Polls the part, which is over if `poll` breaks.
    ///
    /// # Errors
    ///
    /// [`Panicked`] if it panicked, now or earlier.
    #[inline]
    pub fn poll_with<R>(
        self: Pin<&mut Self>,
        poll: impl FnOnce(Pin<&mut T>) -> ControlFlow<R, R>,
    ) -> Result<R, Panicked> {
        let mut this = self.project();
        let mut result = None;
        // A drop that panicked leaves what was polled before it.
        let _ = this.observation.run(|| {
            let part = this.part.as_mut().as_pin_mut()?;
            match poll(part) {
                ControlFlow::Continue(more) => result = Some(more),
                ControlFlow::Break(last) => {
                    result = Some(last);
                    this.part.set(None);
                }
            }
            Some(())
        });
        result.ok_or_else(|| this.panicked())
    }
}

/// A future under observation, with what it returned unless it panicked.
impl<F: Future> Future for Observed<F> {
    type Output = Result<F::Output, Panicked>;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = self.poll_with(|future| match future.poll(context) {
            Poll::Pending => ControlFlow::Continue(Poll::Pending),
            output => ControlFlow::Break(output),
        });
        match polled {
            Ok(output) => output.map(Ok),
            Err(panicked) => Poll::Ready(Err(panicked)),
        }
    }
}

impl<T> Projection<'_, T> {
    #[inline]
    fn drop_part(&mut self) {
        if self.part.is_some() {
            // A panic in it is recorded; there is nothing else to do about it.
            let _ = self.observation.run(|| self.part.set(None));
        }
    }

    #[cold]
    fn panicked(&mut self) -> Panicked {
        self.drop_part();
        Panicked::new()
    }
}
