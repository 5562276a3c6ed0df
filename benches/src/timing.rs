//! Wall time a request, on one thread.

use std::time::Instant;

use crate::Subject;

const WARM_UP: u32 = 5_000;
const CHUNKS: u32 = 50;
const REQUESTS: u32 = 1_000;

/// Nanoseconds a request of `subject`: the fastest of many short chunks, which is the one that the
/// rest of the machine disturbed least.
#[must_use]
pub fn nanoseconds_per_request(subject: Subject) -> f64 {
    let observed = subject.observe();
    let mut server = (observed.server)();
    let mut serve = |requests| {
        let start = Instant::now();
        for _ in 0..requests {
            std::hint::black_box(server());
        }
        start.elapsed().as_nanos() as f64
    };
    serve(WARM_UP);
    (0..CHUNKS)
        .map(|_| serve(REQUESTS) / f64::from(REQUESTS))
        .fold(f64::INFINITY, f64::min)
}

/// The middle one of several figures.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
