use std::{
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use crate::observation::{Observation, Observed};

/// What an adapter keeps of a request while its answer is awaited.
pub trait Unanswered {
    /// Takes in that nobody waits for the answer any more. Default: does nothing.
    fn cancelled(&mut self, observation: &mut Observation) {
        let _ = observation;
    }
}

/// How an adapter answers where the future of a response gives an `R` or an `E`.
pub trait Answer<R, E>: Unanswered {
    /// The response with its body under observation.
    type Response;

    /// Takes in a response.
    fn answered(&mut self, observation: &mut Observation, response: &mut R);

    /// Hands the observation on to the body of the response that was taken in.
    fn hand_on(&mut self, observation: Observation, response: R) -> Self::Response;

    /// Answers for an error, or for a panic if there is none.
    ///
    /// # Errors
    ///
    /// What becomes of the error, where the framework answers for it.
    fn failed(
        &mut self,
        observation: &mut Observation,
        error: Option<E>,
    ) -> Result<Self::Response, E>;
}

pin_project! {
    /// The future of a response that is observed, for adapters.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ObservedFuture<F, U: Unanswered> {
        #[pin]
        observed: Observed<F>,
        unanswered: U,
    }

    impl<F, U: Unanswered> PinnedDrop for ObservedFuture<F, U> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if this.observed.part().is_some() {
                this.unanswered.cancelled(this.observed.observation());
            }
        }
    }
}

impl<F, U: Unanswered> ObservedFuture<F, U> {
    /// Puts the future that was `called` under observation; `None` if the call panicked.
    #[inline]
    pub fn new(called: Option<F>, observation: Observation, unanswered: U) -> Self {
        Self {
            observed: Observed::new(called, observation),
            unanswered,
        }
    }
}

impl<F, U, R, E> Future for ObservedFuture<F, U>
where
    F: Future<Output = Result<R, E>>,
    U: Answer<R, E>,
{
    type Output = Result<U::Response, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        // Responses are large: this one is written once, and taken from there.
        let mut polled = Poll::Pending;
        let ran = this.observed.as_mut().poll_with(|future| {
            polled = future.poll(context);
            polled.is_ready()
        });
        let observation = this.observed.observation();
        if ran.is_err() {
            return Poll::Ready(this.unanswered.failed(observation, None));
        }
        if let Poll::Ready(Ok(response)) = &mut polled {
            this.unanswered.answered(observation, response);
        }
        polled.map(|answer| match answer {
            Ok(response) => Ok(this.unanswered.hand_on(observation.take(), response)),
            Err(error) => this.unanswered.failed(observation, Some(error)),
        })
    }
}
