//! The figures of jemalloc, in a process that has it as its allocator.

use std::hint::black_box;

use steeple_metrics::{Registry, Value};
use steeple_resources::Resources;
use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

const MIB: f64 = (1 << 20) as f64;

#[test]
fn what_is_allocated_and_given_back_is_told() {
    let registry = Registry::new();
    let resources = Resources::builder()
        .host(false)
        .jemalloc()
        .start(&registry)
        .unwrap();
    let told = || {
        resources.refresh();
        let seen = registry.snapshot();
        ["allocated", "active", "resident", "mapped", "retained"].map(|what| {
            let name = format!("steeple_allocator_{what}_bytes");
            seen.value(&name, &[]).and_then(Value::as_gauge).unwrap()
        })
    };
    let before = told();
    let held = black_box(vec![1_u8; 64 << 20]);
    let during = told();
    drop(held);
    let after = told();

    let grown = |place: usize| (during[place] - before[place]) / MIB;
    assert!((63.0..66.0).contains(&grown(0)), "{} MiB", grown(0));
    // These are of whole pages, and of what is at hand for the next.
    assert!(
        (1..4).all(|place| grown(place) > 63.0),
        "{before:?} {during:?}"
    );
    assert!((after[0] - before[0]).abs() < 2.0 * MIB);
    let [allocated, active, resident, mapped, _] = during;
    assert!(allocated <= active && active <= resident && resident <= mapped);
}
