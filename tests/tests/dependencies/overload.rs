//! Liveness while the service has more to do than it can.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    thread,
    time::{Duration, Instant},
};

use axum::{Router, routing::get};
use steeple::Steeple;
use steeple_tests::waiting::within;

const CLIENTS: usize = 32;
const WORK: Duration = Duration::from_millis(4);
const ROUNDS: u32 = 5;

fn ask(address: SocketAddr, path: &str) -> Duration {
    let started = Instant::now();
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    started.elapsed()
}

fn percentile(mut times: Vec<Duration>, percent: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() - 1) * percent / 100]
}

/// The service has one thread, and clients that are always waiting for it.
#[test]
fn liveness_does_not_wait_for_the_requests_that_do() {
    let steeple = Steeple::builder("busy")
        .private()
        .ops(|ops| ops.address(([127, 0, 0, 1], 0).into()))
        .health(|health| health.check("database", async || Ok::<_, &str>(())))
        .build()
        .unwrap_or_else(|error| panic!("{error}"));
    let ops = steeple.ops_addr().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let service = listener.local_addr().unwrap();
    let router = Router::new()
        .route("/work", get(async || thread::sleep(WORK)))
        .layer(steeple.axum());
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });

    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                while !is_over.load(SeqCst) {
                    ask(service, "/work");
                }
            });
        }
        let mut round = 0;
        let held = within(Duration::from_secs(60), || {
            round += 1;
            let work: Vec<_> = (0..10).map(|_| ask(service, "/work")).collect();
            let probes: Vec<_> = (0..200).map(|_| ask(ops, "/livez")).collect();
            let (usual, worst) = (percentile(work, 50), percentile(probes, 99));
            eprintln!("a request takes {usual:?} in the median, /livez {worst:?} at p99");
            (worst < usual || round == ROUNDS).then_some(worst < usual)
        });
        is_over.store(true, SeqCst);
        assert_eq!(held, Some(true));
    });
}
