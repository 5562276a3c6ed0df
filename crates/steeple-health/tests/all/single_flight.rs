//! How often checks run.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use futures_executor::block_on;
use steeple_health::{Check, CheckState, Health};

use crate::{PATIENCE, eventually, up};

/// A check that counts its runs, each of which takes a while.
fn counted() -> (Check, Arc<AtomicUsize>) {
    let runs = Arc::<AtomicUsize>::default();
    let counter = runs.clone();
    let check = Check::new(move || {
        counter.fetch_add(1, SeqCst);
        async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            up().await
        }
    });
    (check.timeout(PATIENCE), runs)
}

#[test]
fn a_thousand_probes_at_once_share_one_run() {
    let (check, runs) = counted();
    let health = Health::builder()
        .check("it", check.cache(PATIENCE))
        .start()
        .unwrap();
    assert_eq!(runs.load(SeqCst), 0, "nobody has asked");
    thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| {
                let probes = (0..100).map(|_| health.is_ready());
                let all = block_on(join_all(probes));
                assert_eq!(all, [true; 100]);
            });
        }
    });
    assert_eq!(runs.load(SeqCst), 1);
}

#[test]
fn an_outcome_counts_for_as_long_as_it_is_cached() {
    let (check, runs) = counted();
    let cache = Duration::from_millis(100);
    let health = Health::builder()
        .check("it", check.cache(cache))
        .start()
        .unwrap();
    let started = std::time::Instant::now();
    while started.elapsed() < 5 * cache || runs.load(SeqCst) < 2 {
        assert!(block_on(health.is_ready()));
    }
    // As many as there were periods, of which a run is a part, and one at the beginning.
    let periods = started.elapsed().as_millis() / cache.as_millis() + 1;
    let runs = runs.load(SeqCst) as u128;
    assert!((2..=periods).contains(&runs), "{runs} in {periods}");
}

#[test]
fn what_is_refreshed_runs_without_probes_and_not_for_them() {
    let (check, runs) = counted();
    let refreshed = check.refresh_every(Duration::from_millis(10));
    let health = Health::builder()
        .check("it", refreshed.cache(Duration::ZERO))
        .start()
        .unwrap();
    eventually(|| runs.load(SeqCst) >= 3);
    assert_eq!(health.snapshot().checks[0].state, CheckState::Up);

    let (check, runs) = counted();
    let once = check.refresh_every(Duration::from_secs(3_600));
    let health = Health::builder()
        .check("it", once.cache(Duration::ZERO))
        .start()
        .unwrap();
    for _ in 0..100 {
        assert!(block_on(health.is_ready()));
    }
    assert_eq!(runs.load(SeqCst), 1);
}

#[test]
fn refreshing_ends_with_the_health() {
    let (check, runs) = counted();
    let refreshed = check.refresh_every(Duration::from_millis(1));
    let health = Health::builder().check("it", refreshed).start().unwrap();
    eventually(|| runs.load(SeqCst) > 1);
    drop(health);
    // Its counter is let go of with the check.
    eventually(|| Arc::strong_count(&runs) == 1);
}

#[test]
fn a_probe_that_goes_away_takes_no_run_with_it() {
    let (check, runs) = counted();
    let health = Health::builder()
        .check("it", check.cache(PATIENCE))
        .start()
        .unwrap();
    let mut probe = Box::pin(health.is_ready());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(probe.as_mut().poll(&mut context).is_pending());
    drop(probe);
    eventually(|| health.snapshot().is_ready);
    assert_eq!(runs.load(SeqCst), 1);
}

async fn join_all<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut futures: Vec<_> = futures.map(Box::pin).collect();
    let mut outputs = Vec::new();
    std::future::poll_fn(|context| {
        futures.retain_mut(|future| match future.as_mut().poll(context) {
            std::task::Poll::Ready(output) => {
                outputs.push(output);
                false
            }
            std::task::Poll::Pending => true,
        });
        if futures.is_empty() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    outputs
}
