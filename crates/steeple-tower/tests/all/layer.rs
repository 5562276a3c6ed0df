//! The layer itself.

use std::convert::Infallible;

use http::Response;
use steeple_tower::{Observe, ObserveLayer, ObservedBody};
use tower::{Layer, service_fn};

use crate::stage::{NoBody, Stage, request};

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
fn applied_twice_it_counts_once() {
    let stage = Stage::new();
    let service = stage.layer().layer(service_fn(async |_| {
        Ok::<_, Infallible>(Response::new(NoBody::new()))
    }));
    let answer = stage.send(service, request());
    assert_eq!(answer.headers.get_all("x-request-id").iter().count(), 1);
    stage.settled();
    assert_eq!(stage.total("steeple_layer_applied_twice_total"), 1.0);
}
