//! Liveness while the service has more to do than it can.

use std::{
    future,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    thread,
    time::{Duration, Instant},
};

use axum::{Router, routing::get};
use steeple::{Steeple, health::Check};
use steeple_tests::serving::serve;

const CLIENTS: usize = 32;
const WORK: Duration = Duration::from_millis(4);
const ROUNDS: u32 = 5;
/// What half of the probes take at most, in the best round.
const SOON: Duration = Duration::from_millis(5);

fn ask(address: SocketAddr, path: &str) -> Duration {
    let (took, answer) = answer(address, path);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    took
}

fn answer(address: SocketAddr, path: &str) -> (Duration, String) {
    let started = Instant::now();
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    (started.elapsed(), answer)
}

fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() - 1) * percent / 100]
}

/// The service has one thread, and clients that are always waiting for it. Its database hangs as well, and who asks whether it is
/// ready waits for that.
#[test]
fn liveness_does_not_wait_for_the_requests_that_do() {
    let steeple = Steeple::builder("busy")
        .private()
        .ops(|ops| ops.address(([127, 0, 0, 1], 0).into()))
        .health(|health| {
            let hangs = Check::new(future::pending::<Result<(), &str>>);
            health.check("database", hangs.cache(Duration::ZERO))
        })
        .build()
        .unwrap_or_else(|error| panic!("{error}"));
    let ops = steeple.ops_addr().unwrap();
    let router = Router::new()
        .route("/work", get(async || thread::sleep(WORK)))
        .layer(steeple.axum());
    let service = serve(router, 1);

    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                while !is_over.load(SeqCst) {
                    ask(service, "/work");
                }
            });
        }
        scope.spawn(|| {
            while !is_over.load(SeqCst) {
                let (_, unready) = answer(ops, "/readyz");
                assert!(unready.starts_with("HTTP/1.1 503"), "{unready}");
            }
        });
        let held = (0..ROUNDS).any(|_| {
            let mut work: Vec<_> = (0..10).map(|_| ask(service, "/work")).collect();
            let mut probes: Vec<_> = (0..200).map(|_| ask(ops, "/livez")).collect();
            let usual = percentile(&mut work, 50);
            let [half, worst] = [50, 99].map(|percent| percentile(&mut probes, percent));
            eprintln!(
                "a request takes {usual:?} in the median, /livez {half:?} and {worst:?} at p99"
            );
            half < SOON && worst < usual
        });
        is_over.store(true, SeqCst);
        assert!(held);
    });
}
