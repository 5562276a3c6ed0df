//! The end of logs whose destinations are stuck.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use futures_executor::block_on;
use steeple_core::Observer;
use steeple_logs::{AccessFormat, Destination, Format, Lines, Logs, Marker, Outlet};
use tracing::{info, subscriber::with_default};
use tracing_subscriber::{layer::SubscriberExt, registry};

use crate::requests::in_request;

const DEADLINE: Duration = Duration::from_millis(500);

/// A destination whose thread hangs as long as somebody holds this.
#[derive(Clone)]
struct Stuck(Arc<Mutex<()>>);

impl Destination for Stuck {
    type Error = Infallible;

    fn start(self, marker: Marker) -> Result<Outlet, Infallible> {
        let pipeline = Outlet::pipeline("stuck");
        Ok(Outlet::start(pipeline, marker, move || {
            let Self(held) = self.clone();
            async move |_: &[Lines]| {
                drop(held.lock());
                Ok(())
            }
        }))
    }
}

/// How long it takes to end logs of six destinations by `end`, all of which are stuck.
fn time_to_end(end: impl FnOnce(Logs)) -> Duration {
    let stuck = Stuck(Arc::default());
    let held = stuck.0.lock().unwrap();
    let to = || stuck.clone();
    let logs = Logs::builder("shop")
        .to(to(), Format::Ecs)
        .to(to(), Format::Logfmt)
        .access_log(|access| {
            access
                .to(to(), Format::Ecs)
                .to(to(), Format::Logfmt)
                .to(to(), AccessFormat::Combined)
                .to(to(), AccessFormat::Combined)
        })
        .start()
        .unwrap();
    let observer = Observer::builder().sink(logs.access_log()).build().unwrap();
    with_default(registry().with(logs.layer()), || {
        in_request(&observer, &[], || info!("stuck"));
    });
    drop(observer);
    let start = Instant::now();
    end(logs);
    let time = start.elapsed();
    drop(held);
    time
}

/// Whether that is less than two `deadline`s, some time at least: a busy machine may take any time once.
fn takes_one(deadline: Duration, end: fn(Logs)) -> bool {
    (0..5).any(|_| {
        let time = time_to_end(end);
        assert!(time >= deadline, "they are stuck: {time:?}");
        time < 2 * deadline
    })
}

#[test]
fn destinations_that_are_stuck_are_waited_for_side_by_side_and_once() {
    assert!(takes_one(DEADLINE, |logs| {
        let report = block_on(logs.shutdown(DEADLINE));
        assert_eq!((report.written, report.lost), (0, 6));
    }));
    assert!(takes_one(Duration::from_secs(1), drop));
}
