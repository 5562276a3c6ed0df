use std::{
    future::Future,
    net::TcpStream,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant},
};

use steeple_metrics::Registry;
use steeple_ops::ShutdownError;

use crate::{
    client::{begin_scrape, get, keep_alive, read_all},
    eventually, large_registry, ops, serving,
};

const AMPLE: Duration = Duration::from_secs(5);
const SHORT: Duration = Duration::from_millis(200);

/// Polls a future on a thread without any runtime.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn idle_connections_do_not_hold_it_up() {
    let ops = ops().bind().unwrap();
    let address = ops.local_addr();
    let mut open: Vec<_> = (0..5).map(|_| keep_alive(address)).collect();

    // Otherwise they were busy at the deadline.
    ops.shutdown_blocking(AMPLE).unwrap();

    assert!(TcpStream::connect(address).is_err());
    for stream in &mut open {
        assert_eq!(read_all(stream), "");
    }
}

#[test]
fn an_answer_under_way_is_finished_within_the_deadline() {
    let ops = serving(&large_registry()).bind().unwrap();
    let (mut stream, _head) = begin_scrape(ops.local_addr());

    let reading = thread::spawn(move || read_all(&mut stream).len());
    ops.shutdown_blocking(AMPLE).unwrap();

    assert!(reading.join().unwrap() > 4 << 20);
}

#[test]
fn what_is_busy_at_the_deadline_is_cut_off_and_reported() {
    let ops = serving(&large_registry()).bind().unwrap();
    let address = ops.local_addr();
    let _stalled = begin_scrape(address);
    let begun = Instant::now();

    let error = ops.shutdown_blocking(SHORT).unwrap_err();

    let elapsed = begun.elapsed();
    assert!(matches!(
        error,
        ShutdownError::Busy {
            cut: 1,
            deadline: SHORT,
        }
    ));
    assert!(
        error
            .to_string()
            .starts_with("1 ops connections were still busy after 200ms")
    );
    assert!(elapsed >= SHORT && elapsed < SHORT + AMPLE, "{elapsed:?}");
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn it_can_be_awaited_without_any_runtime() {
    let ops = serving(&large_registry()).bind().unwrap();
    let _stalled = begin_scrape(ops.local_addr());

    let error = block_on(ops.shutdown(SHORT)).unwrap_err();

    assert!(
        matches!(error, ShutdownError::Busy { cut: 1, .. }),
        "{error}"
    );
}

#[test]
fn both_ways_work_inside_a_single_threaded_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();

    runtime.block_on(async {
        let (first, second) = (ops().bind().unwrap(), ops().bind().unwrap());
        let _idle = keep_alive(second.local_addr());

        first.shutdown(AMPLE).await.unwrap();
        second.shutdown_blocking(AMPLE).unwrap();
    });
}

#[test]
fn a_deadline_beyond_the_clock_is_no_panic() {
    let ops = ops().bind().unwrap();

    ops.shutdown_blocking(Duration::MAX).unwrap();
}

#[test]
fn dropping_it_stops_it_without_waiting() {
    let registry: Registry = large_registry();
    let ops = serving(&registry).bind().unwrap();
    let address = ops.local_addr();
    let _stalled = begin_scrape(address);
    let begun = Instant::now();

    drop(ops);

    // Less than it waits for whoever does not read.
    assert!(begun.elapsed() < AMPLE);
    eventually(|| TcpStream::connect(address).is_err());
}

#[test]
fn dropping_it_inside_a_runtime_is_safe() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();

    let address = runtime.block_on(async {
        let ops = ops().bind().unwrap();
        assert_eq!(get(ops.local_addr(), "/livez").status, 200);
        ops.local_addr()
    });

    eventually(|| TcpStream::connect(address).is_err());
}
