//! Work that is no request: queue consumers, cron jobs, command lines.

use std::{
    future::Future,
    panic,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use crate::observation::{Observation, Observed};

/// A job under observation, from [`Observer::observe`](crate::Observer::observe).
///
/// It succeeds when it returns, fails when an error is [attached](crate::current::attach), and counts as cancelled when
/// its future is dropped. A panic is recorded and goes on.
#[derive(Debug)]
#[must_use = "a job that is not run counts as cancelled"]
pub struct Job {
    observation: Observation,
}

impl Job {
    pub(crate) fn new(observation: Observation) -> Self {
        Self { observation }
    }

    /// A job that nobody observes.
    pub fn unobserved() -> Self {
        Self::new(Observation::of_nothing())
    }

    /// Runs `f` as the job.
    ///
    /// # Panics
    ///
    /// If `f` does.
    pub fn run<R>(mut self, f: impl FnOnce() -> R) -> R {
        let result = self.observation.run_catching(f);
        self.observation.finish();
        result.unwrap_or_else(|payload| panic::resume_unwind(payload))
    }

    /// Makes `future` the job.
    ///
    /// # Panics
    ///
    /// The future does, if the one it wraps does.
    pub fn instrument<F: Future>(self, future: F) -> JobFuture<F> {
        JobFuture {
            observed: Observed::new(Some(future), self.observation),
        }
    }
}

pin_project! {
    /// The future of a [`Job`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct JobFuture<F> {
        #[pin]
        observed: Observed<F>,
    }
}

impl<F: Future> Future for JobFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let mut observed = self.project().observed;
        if observed.part().is_none() {
            return Poll::Pending;
        }
        let mut polled = Poll::Pending;
        let ran = observed.as_mut().poll_catching(|future| {
            polled = future.poll(context);
            polled.is_ready()
        });
        if polled.is_ready() || ran.is_err() {
            observed.observation().finish();
        }
        match ran {
            Ok(()) => polled,
            Err(payload) => panic::resume_unwind(payload),
        }
    }
}
