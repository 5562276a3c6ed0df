//! The layer itself.

use std::{convert::Infallible, future::Ready};

use http::{Request, Response};
use steeple_tower::{Observe, ObserveLayer, ObservedBody};
use tower::{
    Layer, Service, service_fn,
    util::{BoxCloneSyncService, ServiceFn},
};

use crate::{
    log::Log,
    stage::{NoBody, Stage, request},
};

#[test]
fn all_that_the_layer_makes_can_be_sent_and_shared() {
    type Inner = fn(Request<NoBody>) -> Ready<Result<Response<NoBody>, Infallible>>;
    type Called = <Observe<ServiceFn<Inner>> as Service<Request<NoBody>>>::Future;
    fn is_handed_out<T: Clone + Send + Sync + 'static>() {}
    fn is_shared<T: Send + Sync + 'static>() {}
    is_handed_out::<ObserveLayer>();
    is_handed_out::<Observe<BoxCloneSyncService<(), (), ()>>>();
    is_shared::<ObservedBody<NoBody>>();
    is_shared::<Called>();
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
