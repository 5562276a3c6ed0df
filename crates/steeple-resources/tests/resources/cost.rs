use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use steeple_metrics::Registry;
use steeple_resources::Resources;

/// The time between two readings, by default.
const INTERVAL: Duration = Duration::from_secs(5);
const READINGS: u32 = 50;

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

#[test]
fn readings_take_less_than_a_500th_of_a_core() {
    let registry = Registry::new();
    let resources = Resources::builder().start(&registry).unwrap();
    let before = cpu_time();
    (0..READINGS).for_each(|_| resources.refresh());
    let each = (cpu_time() - before) / READINGS;
    eprintln!(
        "a reading takes {each:?} of CPU, {:.3} % of a core",
        each.as_secs_f64() / INTERVAL.as_secs_f64() * 100.0
    );
    assert!(each < INTERVAL / 500, "{each:?}");
}
