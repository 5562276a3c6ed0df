//! Work that is no request: queue consumers, cron jobs, command lines.

use std::{
    future::Future,
    panic,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use crate::observation::Observation;

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
            future: Some(future),
            observation: self.observation,
        }
    }
}

pin_project! {
    /// The future of a [`Job`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct JobFuture<F> {
        #[pin]
        future: Option<F>,
        observation: Observation,
    }

    impl<F> PinnedDrop for JobFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let _ = this.observation.run(|| this.future.set(None));
        }
    }
}

impl<F: Future> Future for JobFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            return Poll::Pending;
        };
        match this.observation.run_catching(|| future.poll(context)) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => {
                let _ = this.observation.run(|| this.future.set(None));
                this.observation.finish();
                Poll::Ready(output)
            }
            Err(payload) => {
                let _ = this.observation.run(|| this.future.set(None));
                this.observation.finish();
                panic::resume_unwind(payload)
            }
        }
    }
}
