//! Handlers that panic while Sentry hangs.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{self, Read as _, Write as _},
    iter,
    net::{SocketAddr, TcpListener, TcpStream},
    panic, thread,
    time::{Duration, Instant},
};

use axum::{Router, routing::get};
use steeple::{Steeple, SteepleBuilder};
use steeple_tests::{process::isolated, serving::serve};

const PANICS: usize = 1_000;
/// Twice as many as threads that serve.
const CLIENTS: usize = 4;
const ROUNDS: usize = 10;
/// What no single one takes: those that wait for Sentry do.
const LONGEST: Duration = Duration::from_secs(2);
const DEADLINE: Duration = Duration::from_millis(300);
/// For a busy machine to take notice: with the deadline less than the 2 s that the clients of Sentry's own wait.
const SLACK: Duration = Duration::from_secs(1);
/// What the hook takes at most.
const HOOK: Duration = Duration::from_millis(5);

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

/// How long it took, in half of all times, once in a hundred times and at worst.
#[derive(Clone, Copy, Debug)]
struct Took {
    median: Duration,
    p99: Duration,
    longest: Duration,
}

impl Took {
    fn of(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut times: Vec<_> = times.into_iter().collect();
        times.sort_unstable();
        Self {
            median: times[times.len() / 2],
            p99: times[times.len() * 99 / 100],
            longest: *times.last().unwrap(),
        }
    }

    /// Whether it is as it is without Sentry, but for `excess`.
    fn is_like(self, control: Self, excess: Duration) -> bool {
        self.longest < LONGEST && self.p99 < control.p99 + excess
    }
}

/// Whether it comes true in one round of a few: the machine has other things to do, too.
fn at_best(round: impl FnMut() -> bool) -> bool {
    iter::repeat_with(round).take(ROUNDS).any(|is_true| is_true)
}

/// A service without a listener, and what it serves.
fn service(builder: SteepleBuilder) -> (Steeple, SocketAddr) {
    let steeple = builder.without_ops().build().unwrap();
    let app = Router::new()
        .route("/livez", get(async || "alive"))
        .route("/panic", get(async || -> &'static str { panic!("lost") }))
        .layer(steeple.axum());
    (steeple, serve(app, 2))
}

fn with_sentry() -> SteepleBuilder {
    let dsn = black_hole();
    Steeple::builder("shop").sentry(move |sentry| sentry.dsn(&dsn))
}

/// Panics by the thousand, and asks whether it is alive meanwhile: how long each took.
fn panics_and_alive(address: SocketAddr) -> (Took, Took) {
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
    let panics = clients
        .into_iter()
        .flat_map(|client| client.join().unwrap());
    (Took::of(panics), Took::of(alive))
}

#[test]
fn a_sentry_that_hangs_holds_nobody_up() {
    isolated("sentry::a_sentry_that_hangs_holds_nobody_up", || {
        panic::set_hook(Box::new(|_| {}));
        // The hook is that of the process: before there is Sentry, it has nothing to do with it.
        let (without, address) = service(Steeple::builder("control").private());
        let usual = panics_and_alive(address);
        drop(without);
        let (steeple, address) = service(with_sentry());
        let excess = Duration::from_millis(50);
        let is_unhindered = || {
            let (panics, alive) = panics_and_alive(address);
            eprintln!("panics and alive: {panics:?}, {alive:?}, not {usual:?}");
            panics.is_like(usual.0, excess) && alive.is_like(usual.1, excess)
        };
        assert!(at_best(is_unhindered));

        let runtime = tokio::runtime::Runtime::new().unwrap();
        let mut hung = Some(steeple);
        assert!(at_best(|| {
            let steeple = hung.take().unwrap_or_else(|| {
                let (steeple, address) = service(with_sentry());
                panics_and_alive(address);
                steeple
            });
            let start = Instant::now();
            let ended = runtime.block_on(steeple.shutdown(DEADLINE)).unwrap_err();
            let took = start.elapsed();
            eprintln!("shutdown: {took:?}");
            let sentry = ended.report.sentry.unwrap();
            assert!(sentry.lost >= 10, "{sentry:?}");
            took < DEADLINE + SLACK
        }));
    });
}

/// What a panic costs the thread that it happens in, on two threads at once.
fn caught_panics() -> Took {
    let panicking = || {
        let times = (0..PANICS / 2).map(|_| {
            let start = Instant::now();
            let _ = panic::catch_unwind(|| panic!("lost"));
            start.elapsed()
        });
        times.collect::<Vec<_>>()
    };
    let workers = [thread::spawn(panicking), thread::spawn(panicking)];
    Took::of(
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap()),
    )
}

#[test]
fn the_hook_of_panics_waits_for_nothing() {
    isolated("sentry::the_hook_of_panics_waits_for_nothing", || {
        panic::set_hook(Box::new(|_| {}));
        // Nothing hooks into panics before there is an observer.
        let control = caught_panics();
        let steeple = with_sentry().without_ops().build().unwrap();
        // Outside of requests the hook itself hands over.
        assert!(at_best(|| {
            let took = caught_panics();
            eprintln!("{took:?}, not {control:?}");
            took.is_like(control, HOOK) && took.median < HOOK
        }));
        drop(steeple);
    });
}
