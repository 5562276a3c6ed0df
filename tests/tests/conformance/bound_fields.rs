//! What is bound in a handler, in the log of a service on two threads.

use std::{collections::BTreeSet, fs, sync::Arc, thread, time::Duration};

use axum::{Router, extract::Path, routing::get};
use futures_executor::block_on;
use serde_json::Value;
use steeple::{
    Steeple, log,
    logs::{Format, Logs, RollingFile},
};
use steeple_tests::serving::serve;
use tokio::sync::Barrier;
use tracing::{Dispatch, info};
use tracing_subscriber::{layer::SubscriberExt as _, registry};

const ORDERS: usize = 16;

#[test]
fn what_a_handler_binds_is_in_the_lines_of_its_request_alone_whoever_goes_on_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("shop.log");
    let logs = Logs::builder("shop")
        .to(RollingFile::new(&file), Format::Ecs)
        .start()
        .unwrap();
    let subscriber = Dispatch::new(registry().with(logs.layer()));
    let steeple = Steeple::builder("shop")
        .private()
        .without_ops()
        .observer(|observer| observer.local_subscriber(subscriber))
        .build()
        .unwrap();
    let all_are_bound = Arc::new(Barrier::new(ORDERS));
    let handle = async move |Path(order): Path<usize>| {
        log::bind("user.id", &*format!("user-{order}"));
        all_are_bound.wait().await;
        info!("on its way");
    };
    let router = Router::new()
        .route("/orders/{order}", get(handle))
        .layer(steeple.axum());
    let address = serve(router, 2);
    thread::scope(|scope| {
        for order in 0..ORDERS {
            scope.spawn(move || {
                let request = ureq::get(format!("http://{address}/orders/{order}"));
                let request = request.header("x-request-id", format!("request-{order}"));
                assert_eq!(request.call().unwrap().status(), 200);
            });
        }
    });
    assert!(block_on(logs.flush(Duration::from_secs(30))).is_complete());

    let text = fs::read_to_string(file).unwrap();
    let who_asked: BTreeSet<_> = text
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["message"], "on its way");
            let told = [&line["http"]["request"]["id"], &line["user"]["id"]];
            told.map(|id| id.as_str().unwrap().to_owned())
        })
        .collect();
    let expected = (0..ORDERS).map(|order| [format!("request-{order}"), format!("user-{order}")]);
    assert_eq!(who_asked, expected.collect());
}
