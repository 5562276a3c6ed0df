//! Levels at run time.

use steeple_logs::{Format, Logs};
use tracing::subscriber::with_default;
use tracing_log::LogTracer;
use tracing_subscriber::{layer::SubscriberExt, registry};

use crate::captured::{Captured, finish};

#[test]
fn records_of_the_crate_log_are_logged_by_levels_that_were_raised() {
    LogTracer::builder()
        .with_max_level(log::LevelFilter::Info)
        .init()
        .unwrap();
    let captured = Captured::default();
    let logs = Logs::builder("shop")
        .to(captured.clone(), Format::Logfmt)
        .start()
        .unwrap();
    with_default(registry().with(logs.layer()), || {
        log::debug!("before");
        logs.levels().set("debug".parse().unwrap()).unwrap();
        log::debug!("raised");
        logs.levels().revert();
        log::debug!("after");
        log::info!("as ever");
    });
    finish(logs);
    let text = captured.text();
    let told = ["before", "raised", "after", "as ever"].map(|message| text.contains(message));
    assert_eq!(told, [false, true, false, true], "{text}");
}
