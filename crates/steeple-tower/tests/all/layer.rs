//! The layer itself.

use std::convert::Infallible;

use http::Response;
use steeple_tower::{Observe, ObserveLayer, ObservedBody};
use tower::{Layer, service_fn};

use crate::{
    log::Log,
    stage::{NoBody, Stage, request},
};

#[test]
fn layer_and_service_can_be_shared_and_their_bodies_sent() {
    fn is_shared<T: Clone + Send + Sync + 'static>() {}
    fn is_sent<T: Send + 'static>() {}
    is_shared::<ObserveLayer>();
    is_shared::<Observe<tower::util::BoxCloneSyncService<(), (), ()>>>();
    is_sent::<ObservedBody<NoBody>>();
}

#[test]
fn applying_it_changes_nothing() {
    let stage = Stage::new();
    let layer = stage.layer();
    let before = stage.registry.render();
    for _ in 0..1_000 {
        drop(layer.layer(service_fn(async |_: ()| Ok::<_, Infallible>(()))));
    }
    assert_eq!(stage.registry.render(), before);
    assert!(stage.records.all().is_empty());
}

#[test]
fn applied_twice_it_counts_once_and_says_so_once() {
    let (stage, log) = (Stage::new(), Log::default());
    let service = stage.layer().layer(service_fn(async |_| {
        Ok::<_, Infallible>(Response::new(NoBody::new()))
    }));
    tracing::dispatcher::with_default(&log.dispatch(), || {
        for _ in 0..3 {
            let answer = stage.send(service.clone(), request());
            assert_eq!(answer.headers.get_all("x-request-id").iter().count(), 1);
        }
    });
    assert_eq!(stage.records.all().len(), 3);
    assert_eq!(stage.total("http_server_requests_total"), 3.0);
    assert_eq!(stage.total("steeple_layer_applied_twice_total"), 3.0);
    let (log, warning) = (log.text(), "the steeple layer is applied twice");
    assert_eq!(log.matches(warning).count(), 1, "{log}");
}
