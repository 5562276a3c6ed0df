//! Ids of requests.

use std::{collections::HashSet, convert::Infallible, thread};

use futures_executor::block_on;
use http::Response;
use tower::{Layer, Service, service_fn};

use crate::stage::{NoBody, Stage, request};

#[test]
fn each_of_100_000_requests_on_several_threads_has_its_own() {
    const THREADS: usize = 4;
    const EACH: usize = 25_000;

    let stage = Stage::new();
    let service = stage.layer().layer(service_fn(async |_| {
        Ok::<_, Infallible>(Response::new(NoBody::new()))
    }));
    let ids: HashSet<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                let mut service = service.clone();
                scope.spawn(move || {
                    (0..EACH)
                        .map(|_| {
                            let response = block_on(service.call(request())).unwrap();
                            response.headers()["x-request-id"].clone()
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(ids.len(), THREADS * EACH);
    assert_eq!(
        stage.total("http_server_requests_total"),
        (THREADS * EACH) as f64
    );
}
