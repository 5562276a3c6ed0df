use std::{any::Any, pin::Pin, task::Poll, thread};

use pin_project_lite::pin_project;

use crate::{observation::Observation, outcome::BODY_ERROR, panic::Panicked};

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

    /// Lets `poll` poll the part and say whether it is over, and is dropped then.
    ///
    /// What it polled `poll` leaves where the caller wants it: results are large. A drop that panics takes it not back.
    ///
    /// # Errors
    ///
    /// [`Panicked`] if it panicked, now or earlier.
    #[inline(always)]
    pub fn poll_with(
        mut self: Pin<&mut Self>,
        poll: impl FnOnce(Pin<&mut T>) -> bool,
    ) -> Result<(), Panicked> {
        let polled = self.as_mut().poll_catching(poll);
        polled.map_err(|payload| self.observation().keep(payload))
    }

    /// Lets `poll` poll the part, a body, for its next piece, and tells the observation how the body fared.
    ///
    /// After a piece that `is_last` the body has none; `take_in` tells the observation what a piece holds, and `error` is what
    /// the body fails with for one of its own. What becomes of a panic is up to `panicked`: it is the body's end.
    #[inline(always)]
    pub fn poll_piece<P, E, F>(
        mut self: Pin<&mut Self>,
        poll: impl FnOnce(Pin<&mut T>) -> Poll<Option<Result<P, E>>>,
        is_last: impl FnOnce(&T, &P) -> bool,
        take_in: impl FnOnce(&mut Observation, &P),
        error: impl FnOnce(E) -> F,
        panicked: impl FnOnce(&Observation, Panicked) -> Result<P, F>,
    ) -> Poll<Option<Result<P, F>>> {
        if self.part().is_none() {
            return Poll::Ready(None);
        }
        // Pieces are large: this one is written once, and looked at there.
        let mut polled = Poll::Pending;
        let ran = self.as_mut().poll_with(|mut body| {
            polled = poll(body.as_mut());
            match &polled {
                Poll::Pending => false,
                Poll::Ready(Some(Ok(piece))) => is_last(&body, piece),
                Poll::Ready(Some(Err(_)) | None) => true,
            }
        });
        let is_over = self.part().is_none();
        let observation = self.observation();
        if let Err(panic) = ran {
            let last = panicked(observation, panic);
            observation.finish();
            return Poll::Ready(Some(last));
        }
        match &polled {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Some(Ok(piece))) => take_in(observation, piece),
            Poll::Ready(Some(Err(_))) => observation.fail(BODY_ERROR),
            Poll::Ready(None) => {}
        }
        if is_over {
            observation.finish();
        }
        polled.map_err(error)
    }

    /// As [`poll_with`](Self::poll_with), but hands on what it panicked with.
    #[inline(always)]
    pub(crate) fn poll_catching(
        self: Pin<&mut Self>,
        poll: impl FnOnce(Pin<&mut T>) -> bool,
    ) -> thread::Result<()> {
        let mut this = self.project();
        let ran = this.observation.run_catching(|| {
            let Some(part) = this.part.as_mut().as_pin_mut() else {
                return false;
            };
            if poll(part) {
                this.part.set(None);
            }
            true
        });
        match ran {
            Ok(true) => Ok(()),
            Ok(false) => Err(Box::new("it has panicked before")),
            Err(payload) => this.panicked(payload),
        }
    }
}

impl<T> Projection<'_, T> {
    #[inline(always)]
    fn drop_part(&mut self) {
        if self.part.is_some() {
            self.drop_unfinished();
        }
    }

    #[inline(never)]
    fn drop_unfinished(&mut self) {
        // A panic in it is recorded; there is nothing else to do about it.
        let _ = self.observation.run(|| self.part.set(None));
    }

    /// What comes of a panic: one in the drop of what is over takes nothing back.
    #[cold]
    fn panicked(&mut self, payload: Box<dyn Any + Send>) -> thread::Result<()> {
        if self.part.is_none() {
            self.observation.keep(payload);
            return Ok(());
        }
        self.drop_part();
        Err(payload)
    }
}
