//! What is logged is what Python reads.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use fastrand::Rng;
use futures_executor::block_on;
use serde_json::json;
use steeple_logs::{Destination, Format, Lines, Logs, Marker, Outlet};
use steeple_tests::{backends::read_log_lines, process::sized};
use tracing::{info, info_span, subscriber::with_default};
use tracing_subscriber::{layer::SubscriberExt, registry};

/// How many are read by one process, so that what waits for it stays small.
const AT_A_TIME: u64 = 5_000;

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut self.0.lock().unwrap())).unwrap()
    }
}

impl Destination for Captured {
    type Error = Infallible;

    fn start(self, marker: Marker) -> Result<Outlet, Infallible> {
        let pipeline = Outlet::pipeline("captured").max_queue_bytes(64 << 20);
        Ok(Outlet::start(pipeline, marker, move || {
            let captured = self.clone();
            async move |batch: &[Lines]| {
                let mut text = captured.0.lock().unwrap();
                for lines in batch {
                    text.extend_from_slice(lines.as_bytes());
                }
                Ok(())
            }
        }))
    }
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn generated_events_are_read_back_by_python() {
    let (ecs, plain) = (Captured::default(), Captured::default());
    let logs = Logs::builder("shop")
        .fold_repeats(Duration::ZERO)
        .redaction(steeple::core::redaction::Redaction::off())
        .to(ecs.clone(), Format::Ecs)
        .to(plain.clone(), Format::Json)
        .start()
        .unwrap();
    let events = sized(20_000, 1_000_000);
    let mut rng = Rng::with_seed(7);
    let mut read = 0;
    with_default(registry().with(logs.layer()), || {
        while read < events {
            let logged: Vec<_> = (0..AT_A_TIME).map(|_| log(&mut rng)).collect();
            let report = block_on(logs.flush(Duration::from_secs(60)));
            assert!(report.is_complete(), "{report:?}");
            let (ecs, plain) = (ecs.take(), plain.take());
            let mut lines = String::new();
            for ((logged, ecs), plain) in logged
                .iter()
                .zip(ecs.split_inclusive('\n'))
                .zip(plain.split_inclusive('\n'))
            {
                lines.extend([logged, "\n", ecs, plain]);
            }
            read += read_log_lines(&lines).unwrap();
        }
    });
    assert_eq!(read, events);
}

/// Logs something, and tells what.
fn log(rng: &mut Rng) -> String {
    let [message, text, path, span] = std::array::from_fn(|_| generated(rng));
    let (number, status) = (rng.i64(..), rng.u16(..));
    let share = f64::from_bits(rng.u64(..));
    let share = if share.is_finite() { share } else { 0.5 };
    let _span = info_span!("span", span.text = span, text = "of the span").entered();
    info!(
        text,
        number,
        share,
        url.path = path,
        http.response.status_code = status,
        "{message}"
    );
    json!({
        "message": message, "text": text, "number": number, "share": share, "path": path, "status": status, "span": span,
    })
    .to_string()
}

/// What somebody has to escape.
const SPECIAL: [char; 19] = [
    '"', '\\', '\n', '\r', '\t', '\0', '\u{1b}', '\u{7f}', '\u{85}', '\u{2028}', '\u{202e}',
    '\u{feff}', '{', '}', '[', ']', ':', ',', '/',
];

fn generated(rng: &mut Rng) -> String {
    let length = rng.usize(..24);
    let character = |rng: &mut Rng| match rng.u8(..4) {
        0 => SPECIAL[rng.usize(..SPECIAL.len())],
        1 => rng.char(..),
        _ => rng.char(' '..='~'),
    };
    (0..length).map(|_| character(rng)).collect()
}
