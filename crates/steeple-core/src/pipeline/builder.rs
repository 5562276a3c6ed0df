use std::{sync::Arc, thread, time::Duration};

use super::{
    Budget, Exporter, Pipeline, RetryPolicy, Weigh, batch::Limits, budget::Account, queue::Queue,
    telemetry::Telemetry, worker,
};

/// Configures and starts a [`Pipeline`].
#[derive(Clone, Debug)]
#[must_use]
pub struct PipelineBuilder {
    name: &'static str,
    max_queue_bytes: usize,
    budget: Budget,
    limits: Limits,
    retry: RetryPolicy,
    drop_deadline: Duration,
}

impl PipelineBuilder {
    /// A pipeline called `name` in metrics, log lines and the name of its thread, such as `traces`.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            max_queue_bytes: 8 << 20,
            budget: Budget::process(),
            limits: Limits {
                max_items: 512,
                max_bytes: 1 << 20,
                max_delay: Duration::from_secs(5),
                max_queued: u64::MAX,
            },
            retry: RetryPolicy::default(),
            drop_deadline: Duration::from_secs(1),
        }
    }

    /// The most bytes that the items of this pipeline hold, those being exported included; an item
    /// beyond them is dropped as [`QueueFull`](super::DropReason::QueueFull). Default: 8 MiB.
    pub fn max_queue_bytes(mut self, bytes: usize) -> Self {
        self.max_queue_bytes = bytes;
        self
    }

    /// The most items that wait, those being exported included; one beyond them is dropped as
    /// [`QueueFull`](super::DropReason::QueueFull). Default: as many as the bytes allow.
    pub fn max_queue_items(mut self, items: u64) -> Self {
        self.limits.max_queued = items;
        self
    }

    /// The bytes shared with other pipelines; an item beyond them is dropped as
    /// [`BudgetExhausted`](super::DropReason::BudgetExhausted). Default: [`Budget::process`].
    pub fn budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// The most items in a batch, each for as many as it [stands](Weigh::count); one that alone stands for more makes a
    /// batch of its own. 0 counts as 1. Default: 512.
    pub fn max_batch_items(mut self, items: usize) -> Self {
        self.limits.max_items = items as u64;
        self
    }

    /// The most bytes that the items of a batch hold in memory; an item that alone holds more
    /// makes a batch of its own. Default: 1 MiB.
    pub fn max_batch_bytes(mut self, bytes: usize) -> Self {
        self.limits.max_bytes = bytes;
        self
    }

    /// The time that an item waits for its batch to fill. Default: 5 s.
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.limits.max_delay = delay;
        self
    }

    /// How often and how long a batch is tried. Default: [`RetryPolicy::default`].
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// The deadline of the shutdown that dropping a [`Pipeline`] does. Default: 1 s.
    pub fn drop_deadline(mut self, deadline: Duration) -> Self {
        self.drop_deadline = deadline;
        self
    }

    /// Starts the pipeline with the exporters that `factory` makes: one at first, another after
    /// each panic. The factory is called on the pipeline's thread, within its tokio runtime.
    ///
    /// Should the thread or its runtime fail to start, the pipeline drops and counts all items as
    /// [`NotRunning`](super::DropReason::NotRunning) and logs one line: telemetry that cannot
    /// start does not stop a service.
    pub fn spawn<T, E, F>(self, factory: F) -> Pipeline<T>
    where
        T: Weigh + Send + 'static,
        E: Exporter<T> + 'static,
        F: FnMut() -> E + Send + 'static,
    {
        let telemetry = Telemetry::new(self.name);
        let account = Account {
            own: Budget::new(self.max_queue_bytes),
            shared: self.budget,
            gauge: telemetry.queued_bytes(),
        };
        let queue = Arc::new(Queue::new(self.limits, account, telemetry));
        // A thread's name must not contain NUL.
        let thread =
            thread::Builder::new().name(format!("steeple-{}", self.name).replace('\0', ""));
        worker::start(thread, self.name, queue.clone(), self.retry, factory);
        Pipeline::new(queue, self.drop_deadline)
    }
}
