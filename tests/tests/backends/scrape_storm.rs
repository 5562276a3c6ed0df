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
    serving,
    waiting::eventually,
};

const MEBIBYTE: u64 = 1 << 20;
const REQUESTS: u32 = 5_000;
const ACTIVE: &str = "steeple_ops_active_renders";
/// A render that is older is not joined.
const JOINABLE_FOR: Duration = Duration::from_secs(1);
/// Longer than it takes on a busy machine until slow readers have all renders in flight, one after the other.
const WRITE_TIMEOUT: Duration = Duration::from_secs(15);
/// What is faster counts as that fast: it says more about the machine than about the service.
const LEAST_P99: Duration = Duration::from_millis(250);

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn slow_clients_and_a_storm_of_scrapes_leave_the_service_as_it_was() {
    isolated(
        "scrape_storm::slow_clients_and_a_storm_of_scrapes_leave_the_service_as_it_was",
        || {
            let steeple = Steeple::builder("storm")
                .private()
                .ops(|ops| {
                    let ops = ops.address(([127, 0, 0, 1], 0).into());
                    ops.write_timeout(WRITE_TIMEOUT)
                })
                .build()
                .unwrap();
            let registry = steeple.registry().clone();
            fill(&registry, "padding_total");
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
            let stormy = [(); 3].map(|()| hey_with(&[], &greeting, REQUESTS, 20).unwrap());
            let alive = fetch(&format!("http://{ops}/livez")).unwrap();
            eventually("the slow readers are cut off", || {
                value(&registry, ACTIVE, &[]) == 0.0
            });

            let [first, second, third] = stormy.each_ref().map(|load| load.p99);
            eprintln!(
                "p99 {:?} calm, {first:?}, {second:?} and {third:?} in the storm; scrapes {:?}",
                calm.p99, scrapes.statuses
            );
            for load in stormy {
                assert_eq!(load.statuses, [(200, u64::from(REQUESTS))].into());
            }
            // Whatever else the machine does may hold one of them up.
            let fastest = [first, second, third].into_iter().min().flatten();
            let most = 20 * calm.p99.unwrap_or_default().max(LEAST_P99);
            assert!(fastest <= Some(most), "{fastest:?} of {most:?}");
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

            fill(&registry, "more_padding_total");
            assert!(scrape() as u64 > MEBIBYTE);
            let watch = Watch::of(&registry);
            let scrapes = hey_with(&["-disable-compression"], &metrics, 100, 20).unwrap();
            eventually("all of them are over", || {
                value(&registry, ACTIVE, &[]) == 0.0
            });
            let (in_flight, grown) = watch.end();
            eprintln!(
                "answers that are too large to be shared: {:?}, {in_flight} in flight, grown by {grown} bytes",
                scrapes.statuses
            );
            let of = |status| scrapes.statuses.get(&status).copied().unwrap_or_default();
            assert_eq!(of(200) + of(503), 100, "every scrape is answered");
            assert!(of(200) > 0 && in_flight <= 4.0, "{in_flight}");
            assert!(grown <= 8 * MEBIBYTE, "grown by {grown} bytes");
        },
    );
}

/// A bit less of exposition than is kept for others, and far more than sockets hold.
fn fill(registry: &Registry, metric: &str) {
    let padding = "x".repeat(480);
    for number in 0..1_900 {
        let padded = format!("{number}-{padding}");
        let counter = registry.counter(metric, &[("of", &padded)]);
        counter.unwrap().increment(1);
    }
}

fn serve(steeple: &Steeple) -> SocketAddr {
    let router = Router::new()
        .route("/", get(async || "hello"))
        .layer(steeple.axum());
    serving::serve(router, 1)
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
