//! Handlers that panic while Sentry takes connections and never answers.

use std::{
    fmt,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    panic, thread,
    time::{Duration, Instant},
};

use axum::{Router, routing::get};
use sentry_tower::{NewSentryLayer, SentryHttpLayer};
use steeple::Steeple;
use steeple_tests::{
    process::{isolated, sized},
    serving::serve,
};

/// Twice as many as threads that serve.
const CLIENTS: usize = 4;
/// What takes longer is taken for blocked for good.
const PATIENCE: Duration = Duration::from_secs(5);

#[test]
fn sentry_tower_holds_up_all_requests_where_handlers_panic() {
    let name = "sentry_hangs::sentry_tower_holds_up_all_requests_where_handlers_panic";
    isolated(name, || {
        panic::set_hook(Box::new(|_| {}));
        let dsn = black_hole();
        let own = dsn.clone();
        let steeple = Steeple::builder("shop")
            .private()
            .without_ops()
            .sentry(move |sentry| sentry.dsn(&own));
        let steeple = steeple.build().expect("a service");
        let ours = Suffering::of(serve(application().layer(steeple.axum()), 2), 1_000);

        let options = sentry::ClientOptions::new().dsn(&dsn);
        let sentry = sentry::init(options);
        let app = application()
            .layer(SentryHttpLayer::new())
            .layer(NewSentryLayer::new_from_top());
        let theirs = Suffering::of(serve(app, 2), sized(8, 40) as usize);

        eprintln!("steeple: {ours}\nsentry-tower: {theirs}");
        // It waits for two seconds that what it tells arrives, in the hook, on a thread that serves.
        assert!(theirs.panics.median > Duration::from_secs(1), "{theirs}");
        assert!(theirs.alive.longest > Duration::from_secs(1), "{theirs}");
        assert!(ours.panics.median * 10 < theirs.panics.median, "{ours}");
        // Its end would wait, too.
        std::mem::forget(sentry);
    });
}

/// What a service suffers while handlers panic.
struct Suffering {
    panics: Took,
    alive: Took,
}

impl Suffering {
    /// Panics so many times, and asks whether it is alive meanwhile.
    fn of(address: SocketAddr, panics: usize) -> Self {
        let panicking = move || {
            let times = (0..panics / CLIENTS).map(|_| ask(address, "/panic"));
            times.collect::<Vec<_>>()
        };
        let clients: Vec<_> = (0..CLIENTS).map(|_| thread::spawn(panicking)).collect();
        let mut alive = Vec::new();
        while alive.is_empty() || !clients.iter().all(thread::JoinHandle::is_finished) {
            alive.push(ask(address, "/livez"));
        }
        let panics = clients.into_iter();
        let panics = panics.flat_map(|client| client.join().expect("a client"));
        Self {
            panics: Took::of(panics),
            alive: Took::of(alive),
        }
    }
}

impl fmt::Display for Suffering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "panics: {}, /livez: {}", self.panics, self.alive)
    }
}

/// How long it took to be answered.
struct Took {
    times: usize,
    median: Duration,
    p99: Duration,
    longest: Duration,
}

impl Took {
    fn of(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut times: Vec<_> = times.into_iter().collect();
        times.sort_unstable();
        let part = |percent| times[(times.len() - 1) * percent / 100];
        Self {
            times: times.len(),
            median: part(50),
            p99: part(99),
            longest: part(100),
        }
    }
}

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            times,
            median,
            p99,
            longest,
        } = self;
        write!(
            f,
            "{times} in {median:.1?}, p99 {p99:.1?}, at most {longest:.1?}"
        )
    }
}

fn black_hole() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound address");
    thread::spawn(move || {
        let held: Vec<_> = listener.incoming().collect();
        drop(held);
    });
    format!("http://key@{address}/7")
}

fn application() -> Router {
    Router::new()
        .route("/livez", get(async || "alive"))
        .route("/panic", get(async || -> &'static str { panic!("lost") }))
}

/// Asks on a connection of its own, until that is answered or closed, and says how long it took.
fn ask(address: SocketAddr, path: &str) -> Duration {
    let start = Instant::now();
    let mut stream = TcpStream::connect(address).expect("it listens");
    let patience = stream.set_read_timeout(Some(PATIENCE));
    patience.expect("a time-out that is not zero");
    let request = format!("GET {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it reads");
    // What panics under sentry-tower is not answered: the connection ends.
    let _ = stream.read_to_end(&mut Vec::new());
    start.elapsed()
}
