use std::{error::Error, future::ready, time::Duration};

use super::DropReason;

/// Delivers batches to a backend.
///
/// Each pipeline has one exporter at a time, made by the factory given to
/// [`PipelineBuilder::spawn`](super::PipelineBuilder::spawn) on the pipeline's own thread. It may
/// panic: the batch is lost and counted, and the factory makes a new one. Neither the exporter nor
/// its future needs to be `Send`. Any `async` closure `|batch: &[T]|` is an exporter.
pub trait Exporter<T> {
    /// Delivers `batch`; after an error that is tried again it is called again with the same batch.
    ///
    /// The future runs on the pipeline's tokio runtime and is dropped halfway when the attempt
    /// times out or the pipeline is closed. It must not block the thread: a blocked exporter
    /// cannot be timed out, and a shutdown leaves its thread behind.
    ///
    /// # Errors
    ///
    /// The kind of [`ExportError`] decides whether the batch is tried again.
    fn export(&mut self, batch: &[T]) -> impl Future<Output = Result<(), ExportError>>;

    /// Tells the backend that `lost` items were dropped, other than by a filter, sampler or rate limit: called once for all
    /// that were lost up to 0.5 s after batches pass again. Default: tells nothing.
    ///
    /// # Errors
    ///
    /// On any, and if it takes longer than an attempt may, what it failed to tell of is told of with the next losses or after
    /// the next batch.
    fn tell_lost(&mut self, lost: u64) -> impl Future<Output = Result<(), ExportError>> {
        let _ = lost;
        ready(Ok(()))
    }
}

impl<T, F> Exporter<T> for F
where
    F: AsyncFnMut(&[T]) -> Result<(), ExportError>,
{
    async fn export(&mut self, batch: &[T]) -> Result<(), ExportError> {
        self(batch).await
    }
}

type Source = Box<dyn Error + Send + Sync>;

/// An attempt to deliver a batch failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The backend cannot take the batch now; it is tried again.
    #[error("the backend could not take the batch, which can be tried again")]
    Retryable {
        /// The pause that the backend asked for, from the end of the attempt, as in an HTTP
        /// `Retry-After`; kept up to [`RetryPolicy::max_retry_after`](super::RetryPolicy::max_retry_after).
        retry_after: Option<Duration>,
        /// What went wrong.
        source: Source,
    },
    /// The backend will never take the batch, which is dropped as
    /// [`DropReason::ExporterFailed`](super::DropReason::ExporterFailed).
    #[error("the backend refused the batch for good")]
    Permanent {
        /// What went wrong.
        source: Source,
    },
    /// The backend took the batch but for some items, which are dropped as
    /// [`DropReason::Rejected`](super::DropReason::Rejected).
    #[error("the backend rejected {rejected} items of the batch")]
    Partial {
        /// How many items it rejected.
        rejected: u64,
        /// What it said about them.
        source: Source,
    },
    /// The backend took the batch but for some items, which it cannot take now; the batch is tried again, and the exporter
    /// knows what is left of it. If it is given up, only those count as dropped.
    #[error("the backend took the batch but for {left} items, which can be tried again")]
    Unfinished {
        /// How many items it did not take.
        left: u64,
        /// As in [`Retryable`](Self::Retryable).
        retry_after: Option<Duration>,
        /// What it said about them.
        source: Source,
    },
    /// The exporter itself left the batch out, as the application or the backend asked it to. That is no failure and is not logged.
    #[error("the batch was left out as {}", .reason.as_str())]
    LeftOut {
        /// What it is dropped as.
        reason: DropReason,
    },
    /// The attempt took longer than
    /// [`RetryPolicy::attempt_timeout`](super::RetryPolicy::attempt_timeout); it is tried again.
    #[error("the attempt did not end within {limit:?}: check the backend or raise attempt_timeout")]
    TimedOut {
        /// The time that an attempt may take.
        limit: Duration,
    },
}

impl ExportError {
    /// The backend cannot take the batch now and did not say when it can.
    #[must_use]
    pub fn retryable(source: impl Into<Source>) -> Self {
        Self::Retryable {
            retry_after: None,
            source: source.into(),
        }
    }

    /// The backend asks for a pause of `delay` before the next attempt.
    #[must_use]
    pub fn retry_after(delay: Duration, source: impl Into<Source>) -> Self {
        Self::Retryable {
            retry_after: Some(delay),
            source: source.into(),
        }
    }

    /// Whether the batch is tried again.
    #[must_use]
    pub fn is_tried_again(&self) -> bool {
        matches!(
            self,
            Self::Retryable { .. } | Self::Unfinished { .. } | Self::TimedOut { .. }
        )
    }

    /// The backend will never take the batch.
    #[must_use]
    pub fn permanent(source: impl Into<Source>) -> Self {
        Self::Permanent {
            source: source.into(),
        }
    }

    /// The backend took the batch but for `rejected` items.
    #[must_use]
    pub fn partial(rejected: u64, source: impl Into<Source>) -> Self {
        Self::Partial {
            rejected,
            source: source.into(),
        }
    }
}
