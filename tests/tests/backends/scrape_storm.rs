//! F6: a storm of scrapes, slow readers and slow headers, all at once.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use axum::{Router, routing::get};
use steeple::{
    Steeple,
    metrics::{Registry, Value},
};
use steeple_tests::{
    backends::{get as fetch, hey_with, slow_headers, slow_readers},
    process::{isolated, resident_bytes},
    waiting::eventually,
};

const MEBIBYTE: u64 = 1 << 20;
const REQUESTS: u32 = 5_000;
const ACTIVE: &str = "steeple_ops_active_renders";
/// A render that is older is not joined.
const JOINABLE_FOR: Duration = Duration::from_secs(1);

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn slow_clients_and_a_storm_of_scrapes_leave_the_service_as_it_was() {
    isolated(
        "scrape_storm::slow_clients_and_a_storm_of_scrapes_leave_the_service_as_it_was",
        || {
            let steeple = Steeple::builder("storm")
                .private()
                .ops(|ops| ops.address(([127, 0, 0, 1], 0).into()))
                .build()
                .unwrap();
            let registry = steeple.registry().clone();
            fill(&registry);
            let service = serve(&steeple);
            let ops = steeple.ops_addr().unwrap();
            let metrics = format!("http://{ops}/metrics");
            let greeting = format!("http://{service}/");
            let scrape = || fetch(&metrics).unwrap().len();
            let answered = |status| {
                let labels = [("path", "/metrics"), ("status", status)];
                value(&registry, "steeple_ops_requests_total", &labels)
            };
            // What is small enough is kept for others: an answer tells how large the next will be.
            let complete = scrape();
            assert!((900 << 10..1 << 20).contains(&complete), "{complete}");
            let calm = hey_with(&[], &greeting, REQUESTS, 20).unwrap();
            let watch = Watch::of(&registry);
            let before = answered("200");

            let _headers = slow_headers(&metrics, 4).unwrap();
            let _readers = [(); 4].map(|()| {
                let readers = slow_readers(&metrics, 3).unwrap();
                thread::sleep(JOINABLE_FOR + JOINABLE_FOR / 2);
                readers
            });
            eventually("four renders are in flight", || {
                value(&registry, ACTIVE, &[]) == 4.0
            });
            let scrapes = hey_with(&["-disable-compression"], &metrics, 400, 4).unwrap();
            let stormy = hey_with(&[], &greeting, REQUESTS, 20).unwrap();
            let alive = fetch(&format!("http://{ops}/livez")).unwrap();
            eventually("the slow readers are cut off", || {
                value(&registry, ACTIVE, &[]) == 0.0
            });

            eprintln!(
                "p99 {:?} calm, {:?} in the storm; scrapes {:?}",
                calm.p99, stormy.p99, scrapes.statuses
            );
            assert_eq!(stormy.statuses, [(200, u64::from(REQUESTS))].into());
            assert_eq!(alive, "ok\n");
            let of = |status| scrapes.statuses.get(&status).copied().unwrap_or_default();
            assert_eq!(of(200) + of(503), 400, "every scrape is answered");
            assert!(of(503) > 0 && answered("503") >= of(503) as f64);
            let coalesced = value(&registry, "steeple_ops_coalesced_scrapes_total", &[]);
            assert!(coalesced >= 4.0, "{coalesced}");
            let cut = value(&registry, "steeple_ops_slow_readers_total", &[]);
            let slow = answered("200") - before - of(200) as f64;
            eprintln!("{cut} of {slow} slow readers cut off, {coalesced} scrapes coalesced");
            assert!((4.0..=slow).contains(&cut), "{cut} of {slow}");
            let headers = value(&registry, "steeple_ops_slow_headers_total", &[]);
            assert_eq!(headers, 4.0);
            assert!((900 << 10..1 << 20).contains(&scrape()));
            let (in_flight, grown) = watch.end();
            assert_eq!(in_flight, 4.0);
            eprintln!("grown by {grown} bytes");
            assert!(grown <= 8 * MEBIBYTE, "grown by {grown} bytes");
        },
    );
}

/// A bit less of exposition than is kept for others, and far more than sockets hold.
fn fill(registry: &Registry) {
    let padding = "x".repeat(480);
    for number in 0..1_900 {
        let padded = format!("{number}-{padding}");
        let counter = registry.counter("padding_total", &[("of", &padded)]);
        counter.unwrap().increment(1);
    }
}

fn serve(steeple: &Steeple) -> SocketAddr {
    let router = Router::new()
        .route("/", get(async || "hello"))
        .layer(steeple.axum());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    address
}

/// What a counter or gauge says; 0 where there is none.
fn value(registry: &Registry, metric: &str, labels: &[(&str, &str)]) -> f64 {
    match registry.snapshot().value(metric, labels) {
        Some(Value::Gauge(value)) => *value,
        Some(Value::Counter(total)) => *total as f64,
        _ => 0.0,
    }
}

/// Looks again and again how many renders are in flight, and how much memory is taken.
struct Watch {
    over: Arc<AtomicBool>,
    thread: JoinHandle<(f64, u64)>,
}

impl Watch {
    fn of(registry: &Registry) -> Self {
        let over = Arc::<AtomicBool>::default();
        let (seen_over, registry) = (Arc::clone(&over), registry.clone());
        let thread = thread::spawn(move || {
            let (mut in_flight, mut most) = (0.0_f64, 0);
            let before = resident_bytes().unwrap();
            while !seen_over.load(Relaxed) {
                in_flight = in_flight.max(value(&registry, ACTIVE, &[]));
                most = most.max(resident_bytes().unwrap());
                thread::sleep(Duration::from_millis(10));
            }
            (in_flight, most.saturating_sub(before))
        });
        Self { over, thread }
    }

    /// The most that was seen of each, the memory in bytes more than at first.
    fn end(self) -> (f64, u64) {
        self.over.store(true, Relaxed);
        self.thread.join().unwrap()
    }
}
