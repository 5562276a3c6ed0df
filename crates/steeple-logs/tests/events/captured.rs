//! Logs that are read back.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_executor::block_on;
use serde_json::Value;
use steeple_logs::{Destination, Format, Lines, Logs, LogsBuilder, Marker, Outlet};
use tracing::subscriber::with_default;
use tracing_subscriber::{layer::SubscriberExt, registry};

/// A destination that keeps what it is sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// What came since this was asked last.
    pub(crate) fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut self.0.lock().unwrap())).unwrap()
    }
}

impl Destination for Captured {
    type Error = Infallible;

    fn start(self, marker: Marker) -> Result<Outlet, Infallible> {
        Ok(Outlet::start(
            Outlet::pipeline("captured"),
            marker,
            move || {
                let captured = self.clone();
                async move |batch: &[Lines]| {
                    let mut text = captured.0.lock().unwrap();
                    for lines in batch {
                        text.extend_from_slice(lines.as_bytes());
                    }
                    Ok(())
                }
            },
        ))
    }
}

/// What is logged while `run` runs, in one format.
pub(crate) fn logged(format: Format, run: impl FnOnce()) -> String {
    logged_by(format, |logs| logs.levels("trace".parse().unwrap()), run)
}

pub(crate) fn logged_by(
    format: Format,
    configure: impl FnOnce(LogsBuilder) -> LogsBuilder,
    run: impl FnOnce(),
) -> String {
    let captured = Captured::default();
    let logs = configure(Logs::builder("shop").to(captured.clone(), format));
    let logs = logs.start().unwrap();
    with_default(registry().with(logs.layer()), run);
    finish(logs);
    captured.text()
}

/// Waits for all that was logged.
pub(crate) fn flush(logs: &Logs) {
    let report = block_on(logs.flush(Duration::from_secs(60)));
    assert!(report.is_complete(), "{report:?}");
}

pub(crate) fn finish(logs: Logs) {
    let report = block_on(logs.shutdown(Duration::from_secs(60)));
    assert!(report.is_complete(), "{report:?}");
}

/// The same by ECS, each line read.
pub(crate) fn events(run: impl FnOnce()) -> Vec<Value> {
    let text = logged(Format::Ecs, run);
    let read = |line| serde_json::from_str(line).unwrap();
    text.lines().map(read).collect()
}

/// The only one.
pub(crate) fn event(run: impl FnOnce()) -> Value {
    let [event] = <[Value; 1]>::try_from(events(run)).unwrap();
    event
}
