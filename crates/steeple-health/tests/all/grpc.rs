//! `grpc.health.v1`, asked by a client of tonic's, and by a check.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use steeple_health::{Check, Health};
use tokio::{net::TcpListener, time::timeout};
use tonic::{
    Code,
    transport::{Channel, Endpoint, Server},
};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use crate::PATIENCE;

const SERVICE: &str = "shop.Orders";

/// A server, and what its readiness depends on.
async fn serve() -> (SocketAddr, Health, Arc<AtomicBool>) {
    let is_up = Arc::new(AtomicBool::new(true));
    let seen = is_up.clone();
    let check = Check::new(move || {
        let is_up = seen.load(SeqCst);
        async move { is_up.then_some(()).ok_or("down") }
    });
    let check = check.cache(Duration::ZERO).timeout(PATIENCE);
    let health = Health::builder().check("database", check).start().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = tonic::transport::server::TcpIncoming::from(listener);
    let server = Server::builder().add_service(health.grpc([SERVICE]));
    tokio::spawn(server.serve_with_incoming(connections));
    (address, health, is_up)
}

async fn client(address: SocketAddr) -> HealthClient<Channel> {
    let endpoint = Endpoint::try_from(format!("http://{address}")).unwrap();
    HealthClient::new(endpoint.connect().await.unwrap())
}

fn request(service: &str) -> HealthCheckRequest {
    HealthCheckRequest {
        service: service.to_owned(),
    }
}

#[tokio::test]
async fn it_is_serving_while_it_is_ready() {
    let (address, health, is_up) = serve().await;
    let mut client = client(address).await;
    for service in ["", SERVICE] {
        is_up.store(true, SeqCst);
        let answer = client.check(request(service)).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving);
        is_up.store(false, SeqCst);
        let answer = client.check(request(service)).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::NotServing);
    }
    is_up.store(true, SeqCst);
    health.begin_drain();
    let answer = client.check(request("")).await.unwrap().into_inner();
    assert_eq!(answer.status(), ServingStatus::NotServing);
    let unknown = client.check(request("shop.Nothing")).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
}

#[tokio::test]
async fn whoever_watches_is_told_of_changes_alone() {
    let (address, health, is_up) = serve().await;
    let mut client = client(address).await;
    let mut told = client.watch(request(SERVICE)).await.unwrap().into_inner();
    let mut next = async || {
        let message = timeout(PATIENCE, told.message()).await.unwrap();
        message.unwrap().unwrap().status()
    };
    assert_eq!(next().await, ServingStatus::Serving);
    is_up.store(false, SeqCst);
    assert_eq!(next().await, ServingStatus::NotServing);
    is_up.store(true, SeqCst);
    assert_eq!(next().await, ServingStatus::Serving);
    health.begin_drain();
    assert_eq!(next().await, ServingStatus::NotServing);
}

#[tokio::test]
async fn whoever_watches_an_unknown_service_is_told_and_kept() {
    let (address, ..) = serve().await;
    let mut client = client(address).await;
    let answer = client.watch(request("shop.Nothing")).await.unwrap();
    let mut told = answer.into_inner();
    let first = told.message().await.unwrap().unwrap();
    assert_eq!(first.status(), ServingStatus::ServiceUnknown);
    let next = timeout(Duration::from_millis(50), told.message()).await;
    assert!(next.is_err(), "it was told, or let go of");
}

#[tokio::test]
async fn a_server_that_drains_ends_though_it_is_watched() {
    for is_up in [true, false] {
        let database = move || std::future::ready(is_up.then_some(()).ok_or("down"));
        let health = Health::builder()
            .check("database", database)
            .start()
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = tonic::transport::server::TcpIncoming::from(listener);
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let server = Server::builder()
            .add_service(health.grpc([SERVICE]))
            .serve_with_incoming_shutdown(connections, async { ended.await.unwrap() });
        let server = tokio::spawn(server);

        let mut watching = Vec::new();
        for service in ["", SERVICE, "shop.Nothing"] {
            let mut client = client(address).await;
            let mut told = client.watch(request(service)).await.unwrap().into_inner();
            assert!(told.message().await.unwrap().is_some());
            watching.push(told);
        }
        health.begin_drain();
        end.send(()).unwrap();
        timeout(PATIENCE, server).await.unwrap().unwrap().unwrap();
        for (told, changes) in watching.iter_mut().zip([is_up, is_up, false]) {
            if changes {
                let last = told.message().await.unwrap().unwrap();
                assert_eq!(last.status(), ServingStatus::NotServing);
            }
            assert!(told.message().await.unwrap().is_none());
        }
    }
}

#[cfg(feature = "grpc")]
#[tokio::test]
async fn a_check_asks_it() {
    let (address, _health, is_up) = serve().await;
    let url = format!("http://{address}");
    for (service, is_known) in [("", true), (SERVICE, true), ("shop.Nothing", false)] {
        is_up.store(true, SeqCst);
        let check = steeple_health::checks::grpc(&url, service).unwrap();
        let check = check.cache(Duration::ZERO).timeout(PATIENCE);
        let asking = Health::builder().check("orders", check).start().unwrap();
        assert_eq!(asking.is_ready().await, is_known, "{service}");
        is_up.store(false, SeqCst);
        assert!(!asking.is_ready().await, "{service}");
    }
}
