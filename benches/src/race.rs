//! Several ways to do the same work, timed in turns.

use std::time::Instant;

/// One way to do the work.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    /// How many units of work one run does.
    pub(crate) units: usize,
    pub(crate) run: Box<dyn FnMut()>,
}

/// Nanoseconds a unit of each contender: the fastest of its runs.
///
/// They take turns, so that a disturbance of the machine hits all alike; `between` runs untimed.
pub(crate) fn race(
    rounds: usize,
    mut contenders: Vec<Contender>,
    between: impl Fn(),
) -> Vec<(&'static str, f64)> {
    let mut fastest: Vec<_> = contenders
        .iter()
        .map(|contender| (contender.name, f64::INFINITY))
        .collect();
    for _ in 0..rounds {
        for ((_, fastest), contender) in fastest.iter_mut().zip(&mut contenders) {
            let start = Instant::now();
            (contender.run)();
            let elapsed = start.elapsed().as_nanos() as f64;
            *fastest = fastest.min(elapsed / contender.units as f64);
        }
        between();
    }
    fastest
}
