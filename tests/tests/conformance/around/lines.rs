//! What other middleware logs, as an application has it: `tracing` into one subscriber, and `log` with it.

use std::{
    io::{self, Write},
    sync::{
        Mutex, Once,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use steeple_tests::waiting::eventually;

/// The process has one subscriber and one logger, and tests may share the process.
static LOGGED: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// The lines about the requests of one test.
pub(super) struct Lines(String);

impl Lines {
    pub(super) fn collect() -> Self {
        static COLLECTING: Once = Once::new();
        static TESTS: AtomicU32 = AtomicU32::new(0);
        COLLECTING.call_once(|| {
            tracing_subscriber::fmt()
                .with_env_filter("tower_http::trace=debug,actix_web::middleware::logger=info")
                .with_ansi(false)
                .with_writer(|| Collector)
                .init();
        });
        Self(format!("test={}&", TESTS.fetch_add(1, Relaxed)))
    }

    /// `path` with what the lines about it are known by.
    pub(super) fn path(&self, path: &str) -> String {
        format!("{path}?{}", self.0)
    }

    /// Waits for a line with all `parts`, which may come after the answer.
    pub(super) fn has(&self, parts: &[&str]) {
        eventually(&format!("{parts:?} are logged"), || {
            let logged = LOGGED.lock().unwrap();
            let logged = String::from_utf8_lossy(&logged);
            let mut lines = logged.lines().filter(|line| line.contains(&self.0));
            lines.any(|line| parts.iter().all(|part| line.contains(part)))
        });
    }
}

struct Collector;

impl Write for Collector {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOGGED.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
