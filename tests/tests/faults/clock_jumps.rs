//! F19: the clock of the machine is set ahead by ten years, back by as many, and right.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    ffi::OsStr,
    fs,
    net::SocketAddr,
    panic,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{Router, routing::get};
use futures_executor::block_on;
use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use steeple::{
    Steeple,
    health::Check,
    logs::{Format, RollingFile},
};
use steeple_tests::{
    backends::OtlpSink, hostile::visit, process::isolated_with, serving, waiting::eventually,
};
use tokio::{sync::Semaphore, time::sleep};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::inbox::{Inbox, events};

const YEAR: u64 = 365 * 86_400;
const REQUESTS: usize = 20;
const SHORT: Duration = Duration::from_millis(100);
const DEADLINE: Duration = Duration::from_secs(20);
/// What nothing here takes, on the slowest machine.
const LONGEST: Duration = Duration::from_secs(300);

/// What tells programs the time that a file says; its monotonic clocks go on.
struct Clock<'a>(&'a Path);

impl Clock<'_> {
    fn is_ahead_by(&self, years: i64) {
        let before = self.0.with_extension("new");
        fs::write(&before, format!("{years:+}y")).unwrap();
        fs::rename(before, self.0).unwrap();
    }
}

fn year() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
        / YEAR
}

/// Where the library is that does it, as the program that comes with it tells.
fn library() -> String {
    let told = Command::new("faketime")
        .args(["-f", "+0", "printenv", "LD_PRELOAD"])
        .output();
    String::from_utf8(told.unwrap().stdout)
        .unwrap()
        .trim()
        .to_owned()
}

#[test]
#[ignore = "needs faketime: cargo xtask test"]
fn a_clock_that_jumps_ten_years_and_back_changes_nothing_but_dates() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("clock");
    let clock = Clock(&file);
    clock.is_ahead_by(0);
    let library = library();
    assert!(!library.is_empty());
    isolated_with(
        "clock_jumps::a_clock_that_jumps_ten_years_and_back_changes_nothing_but_dates",
        &[
            ("LD_PRELOAD", OsStr::new(&library)),
            ("FAKETIME_TIMESTAMP_FILE", file.as_os_str()),
            ("FAKETIME_NO_CACHE", OsStr::new("1")),
            ("FAKETIME_DONT_FAKE_MONOTONIC", OsStr::new("1")),
        ],
        || {
            let file = std::env::var_os("FAKETIME_TIMESTAMP_FILE").unwrap();
            goes_on_whatever_the_clock_says(&Clock(Path::new(&file)));
        },
    );
}

fn goes_on_whatever_the_clock_says(clock: &Clock<'_>) {
    let panics = count_panics();
    let sink = OtlpSink::start().unwrap();
    let inbox = Inbox::open();
    let directory = tempfile::tempdir().unwrap();
    let (checks, counted) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let (checked, counting) = (checks.clone(), counted.clone());
    let (url, dsn) = (sink.url(), inbox.dsn());
    let log = RollingFile::new(directory.path().join("shop.log")).compress(false);
    let steeple = Steeple::builder("shop")
        .private()
        .without_ops()
        .otlp(move |otlp| otlp.endpoint(url).metric_interval(SHORT))
        .sentry(move |sentry| sentry.dsn(&dsn))
        .errors(|errors| errors)
        .logs(move |logs| logs.to(log, Format::Json))
        .resources(move |resources| {
            let resources = resources.host(false).interval(SHORT);
            resources.allocator(move || {
                counting.fetch_add(1, SeqCst);
                None
            })
        })
        .health(move |health| {
            let check = Check::new(move || {
                checked.fetch_add(1, SeqCst);
                async { Ok::<_, &str>(()) }
            });
            health.check("database", check.refresh_every(SHORT))
        })
        .build()
        .unwrap();
    let subscriber = tracing_subscriber::registry()
        .with(steeple.log_layer())
        .with(steeple.tracing_layer());
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let tracer = steeple.tracer_provider().unwrap().tracer("shop");
    let release = Arc::new(Semaphore::new(0));
    let address = serve(&steeple, release.clone());
    let this_year = year();

    let (mut lines, mut spans) = (0, 0);
    for ahead in [0_i64, 10, -10, 0] {
        let slow = thread::spawn(move || visit(address, "/slow"));
        let metric_posts = sink.metrics().len();
        eventually("a request is served", || {
            gauge(&steeple, "http_server_active_requests") == 1.0
        });
        steeple.observe("job", "across").run(|| {
            let _span = tracing::info_span!("across").entered();
            let mut span = tracer.start("across too");
            clock.is_ahead_by(ahead);
            span.end();
        });
        assert_eq!(year() as i64 - this_year as i64, ahead);
        release.add_permits(1);
        assert_eq!(slow.join().unwrap().unwrap(), 200);
        for _ in 0..REQUESTS {
            assert_eq!(visit(address, "/hello").unwrap(), 200);
        }
        assert_eq!(visit(address, "/fail").unwrap(), 500);
        lines += REQUESTS + 3;
        spans += REQUESTS + 5;

        let (runs, readings) = (checks.load(SeqCst), counted.load(SeqCst));
        eventually("checks and readings go on", || {
            checks.load(SeqCst) > runs + 2 && counted.load(SeqCst) > readings + 2
        });
        eventually("spans arrive", || sink.spans().len() >= spans);
        eventually("metrics arrive", || sink.metrics().len() > metric_posts);
        eventually("lines are written", || written(directory.path()) >= lines);
        assert!(block_on(steeple.health().unwrap().is_ready()));
    }

    assert_eq!(sink.spans().len(), spans);
    for span in sink.spans() {
        let (begun, ended) = (span.what.start_time_unix_nano, span.what.end_time_unix_nano);
        let took = Duration::from_nanos(ended.checked_sub(begun).unwrap());
        assert!(took < LONGEST, "{} took {took:?}", span.what.name);
    }
    let seen = steeple.registry().snapshot();
    for name in [
        "http_server_request_duration_seconds",
        "steeple_health_check_duration_seconds",
    ] {
        for series in &seen.family(name).unwrap().series {
            let histogram = series.value.as_histogram().unwrap();
            let sum = histogram.sum();
            assert!((0.0..LONGEST.as_secs_f64()).contains(&sum), "{name} {sum}");
        }
    }
    let groups = steeple.errors().unwrap().groups();
    assert_eq!(groups.iter().map(|group| group.count).sum::<u64>(), 4);
    block_on(steeple.shutdown(DEADLINE)).unwrap();
    assert_eq!(events(&inbox.taken()).len(), 4);
    assert_eq!(panics.load(SeqCst), 0);
}

/// Those that nobody expects.
fn count_panics() -> Arc<AtomicUsize> {
    let panics = Arc::<AtomicUsize>::default();
    let counted = panics.clone();
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panicked| {
        counted.fetch_add(1, SeqCst);
        before(panicked);
    }));
    panics
}

/// `/slow` is answered a while after it is released.
fn serve(steeple: &Steeple, release: Arc<Semaphore>) -> SocketAddr {
    let slow = async move || {
        if let Ok(released) = release.acquire().await {
            released.forget();
        }
        sleep(SHORT).await;
    };
    let router = Router::new()
        .route("/hello", get(async || "hello"))
        .route("/slow", get(slow))
        .route("/fail", get(fail))
        .layer(steeple.axum());
    serving::serve(router, 2)
}

async fn fail() -> axum::http::StatusCode {
    steeple::current::attach(&std::io::Error::other("out of stock"));
    axum::http::StatusCode::INTERNAL_SERVER_ERROR
}

fn gauge(steeple: &Steeple, name: &str) -> f64 {
    let seen = steeple.registry().snapshot();
    let series = seen.family(name).map(|family| family.series.clone());
    let series = series.unwrap_or_default();
    series
        .iter()
        .filter_map(|series| series.value.as_gauge())
        .sum()
}

/// The lines in all files of `directory`.
fn written(directory: &Path) -> usize {
    let files = fs::read_dir(directory).unwrap();
    let texts = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap_or_default());
    texts.map(|text| text.lines().count()).sum()
}
