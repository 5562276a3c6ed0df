//! Throughput of one thread and of two on the same route.

use std::{sync::Barrier, thread, time::Instant};

use crate::{Subject, subjects::Observed};

const ROUNDS: u32 = 15;
const REQUESTS: u32 = 20_000;

/// Requests a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Throughput {
    /// Of one thread.
    pub one: f64,
    /// Of two threads together.
    pub two: f64,
}

impl Throughput {
    /// How many times one thread's work two threads do.
    #[must_use]
    pub fn scaling(self) -> f64 {
        self.two / self.one
    }
}

/// The best throughput of `subject` over alternating rounds with one thread and with two.
#[must_use]
pub fn throughput(subject: Subject) -> Throughput {
    let observed = subject.observe();
    let mut best = Throughput { one: 0.0, two: 0.0 };
    for _ in 0..ROUNDS {
        best.one = best.one.max(requests_per_second(&observed, 1));
        best.two = best.two.max(requests_per_second(&observed, 2));
    }
    best
}

fn requests_per_second(observed: &Observed, threads: usize) -> f64 {
    let barrier = Barrier::new(threads);
    let slowest = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let mut server = (observed.server)();
                    barrier.wait();
                    let start = Instant::now();
                    for _ in 0..REQUESTS {
                        std::hint::black_box(server());
                    }
                    start.elapsed().as_secs_f64()
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| {
                worker
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .fold(0.0, f64::max)
    });
    threads as f64 * f64::from(REQUESTS) / slowest
}
