//! Handlers that panic while Sentry hangs.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    panic, thread,
    time::{Duration, Instant},
};

use axum::{Router, routing::get};
use steeple::Steeple;
use steeple_tests::process::isolated;

const PANICS: usize = 1_000;
/// Twice as many as threads that serve.
const CLIENTS: usize = 4;
const DEADLINE: Duration = Duration::from_secs(1);

/// A Sentry that takes connections and never answers.
fn black_hole() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let held: Vec<_> = listener.incoming().collect();
        drop(held);
    });
    format!("http://key@{address}/7")
}

/// A service on two threads.
fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, app).await.unwrap();
        });
    });
    address
}

/// Asks once, and says how long the answer took to come.
fn ask(connection: &mut TcpStream, path: &str) -> io::Result<Duration> {
    let start = Instant::now();
    let request = format!("GET {path} HTTP/1.1\r\nhost: shop\r\n\r\n");
    connection.write_all(request.as_bytes())?;
    let mut answer = [0; 4_096];
    let read = connection.read(&mut answer)?;
    assert!(answer[..read].starts_with(b"HTTP/1.1 "), "{read} bytes");
    Ok(start.elapsed())
}

/// What 99 of 100 are not longer than.
fn p99(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() * 99 / 100]
}

#[test]
fn a_sentry_that_hangs_holds_nobody_up() {
    isolated("sentry::a_sentry_that_hangs_holds_nobody_up", || {
        panic::set_hook(Box::new(|_| {}));
        let dsn = black_hole();
        let steeple = Steeple::builder("shop")
            .without_ops()
            .sentry(move |sentry| sentry.dsn(&dsn))
            .build()
            .unwrap();
        let app = Router::new()
            .route("/livez", get(async || "alive"))
            .route("/panic", get(async || -> &'static str { panic!("lost") }))
            .layer(steeple.axum());
        let address = serve(app);
        let panicking = move || {
            let mut connection = TcpStream::connect(address).unwrap();
            let times = (0..PANICS / CLIENTS).map(|_| ask(&mut connection, "/panic").unwrap());
            times.collect::<Vec<_>>()
        };
        let clients: Vec<_> = (0..CLIENTS).map(|_| thread::spawn(panicking)).collect();
        let mut connection = TcpStream::connect(address).unwrap();
        let mut alive = Vec::new();
        while !clients.iter().all(thread::JoinHandle::is_finished) || alive.len() < 200 {
            alive.push(ask(&mut connection, "/livez").unwrap());
        }
        let panics: Vec<_> = clients
            .into_iter()
            .flat_map(|client| client.join().unwrap())
            .collect();
        assert_eq!(panics.len(), PANICS);
        let (panics, alive) = (p99(panics), p99(alive));
        assert!(alive < Duration::from_millis(50), "{alive:?}");
        assert!(panics < Duration::from_millis(50), "{panics:?}");

        let start = Instant::now();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let ended = runtime.block_on(steeple.shutdown(DEADLINE)).unwrap_err();
        let took = start.elapsed();
        assert!(took < DEADLINE + Duration::from_millis(500), "{took:?}");
        let sentry = ended.report.sentry.unwrap();
        assert!(sentry.lost >= 10, "{sentry:?}");
    });
}

/// What a panic costs the thread that it happens in, beyond what it costs without Sentry.
#[test]
fn the_hook_of_panics_waits_for_nothing() {
    isolated("sentry::the_hook_of_panics_waits_for_nothing", || {
        panic::set_hook(Box::new(|_| {}));
        let dsn = black_hole();
        let steeple = Steeple::builder("shop")
            .without_ops()
            .sentry(move |sentry| sentry.dsn(&dsn))
            .build()
            .unwrap();
        // Outside of requests the hook itself hands over.
        let panicking = || {
            let times = (0..PANICS / 2).map(|_| {
                let start = Instant::now();
                let _ = panic::catch_unwind(|| panic!("lost"));
                start.elapsed()
            });
            times.collect::<Vec<_>>()
        };
        let workers = [thread::spawn(panicking), thread::spawn(panicking)];
        let times: Vec<_> = workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect();
        let time = p99(times);
        assert!(time < Duration::from_millis(5), "{time:?}");
        drop(steeple);
    });
}
