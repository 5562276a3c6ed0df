//! What is logged before an error, told with it.

use std::sync::{Arc, Mutex};

use steeple::{Steeple, core::errors::ErrorReport};
use tracing::{Dispatch, dispatcher};
use tracing_subscriber::{layer::SubscriberExt, registry};

use crate::service;

type Crumbs = Vec<(String, String, String)>;

/// What a handler leaves that fails.
fn left_by(log: impl FnOnce()) -> Crumbs {
    let reports = Arc::<Mutex<Vec<Arc<ErrorReport>>>>::default();
    let sink = Arc::clone(&reports);
    let steeple = Steeple::builder("shop")
        .private()
        .without_ops()
        .observer(|observer| {
            observer.error_sink(move |report: &Arc<ErrorReport>| {
                sink.lock().unwrap().push(Arc::clone(report));
            })
        })
        .build()
        .unwrap();
    let subscriber = Dispatch::new(registry().with(steeple.breadcrumb_layer()));
    dispatcher::with_default(&subscriber, || {
        tracing::info!("of no request");
        service::serve(steeple.observer(), || {
            log();
            panic!("lost");
        });
    });
    let reports = reports.lock().unwrap();
    let crumbs = reports[0].scene.breadcrumbs();
    crumbs
        .map(|crumb| {
            let level = crumb.level.to_string();
            (level, crumb.target.clone(), crumb.message.clone())
        })
        .collect()
}

#[test]
fn events_up_to_info_are_breadcrumbs_of_the_request_they_happen_in() {
    let crumbs = left_by(|| {
        tracing::info!(item = 4, name = "ada", "looked up");
        tracing::debug!("not at this level");
        tracing::warn!(target: "cache", error = %"cold", "slow");
    });
    let expected = [
        ("INFO", module_path!(), "looked up item=4 name=ada"),
        ("WARN", "cache", "slow error=cold"),
    ];
    let expected = expected
        .map(|(level, target, message)| (level.to_owned(), target.to_owned(), message.to_owned()));
    assert_eq!(crumbs[..2], expected);
}

#[test]
fn a_long_event_is_cut() {
    let crumbs = left_by(|| tracing::info!(text = "x".repeat(10_000), "long"));
    assert_eq!(crumbs[0].2.len(), 256);
    assert!(crumbs[0].2.starts_with("long text=xxx"));
}
