//! Paths, methods and hosts that a client makes up.

use std::time::Instant;

use steeple_tests::{
    hostile::LabelAttack,
    process::{isolated, resident_bytes, sized},
};

use crate::peer::Peer;

/// What the attack left behind, a request.
fn growth(peer: &Peer, requests: u64) -> u64 {
    peer.visit("/hello");
    peer.figures();
    let before = resident_bytes().expect("Linux");
    let answered = LabelAttack::of(requests)
        .run(peer.address)
        .expect("the peer serves");
    assert_eq!(answered, requests);
    let grown = resident_bytes().expect("Linux").saturating_sub(before);
    let start = Instant::now();
    let figures = peer.figures();
    eprintln!(
        "{requests} hostile requests: {} MiB, {} routes, read in {:?}",
        grown >> 20,
        figures.routes.len(),
        start.elapsed()
    );
    assert_eq!(
        figures.routes.len() as u64,
        requests + 1,
        "each path is a series"
    );
    grown / requests
}

#[test]
fn axum_prometheus_keeps_every_path_for_ever() {
    isolated(
        "label_attack::axum_prometheus_keeps_every_path_for_ever",
        || {
            let bytes = growth(&Peer::axum_prometheus(), sized(20_000, 1_000_000));
            assert!(bytes > 1_000, "{bytes} bytes a request");
        },
    );
}

#[test]
fn actix_web_prom_keeps_every_path_for_ever() {
    isolated(
        "label_attack::actix_web_prom_keeps_every_path_for_ever",
        || {
            let bytes = growth(&Peer::actix_web_prom(), sized(20_000, 1_000_000));
            assert!(bytes > 1_000, "{bytes} bytes a request");
        },
    );
}

/// After 5,000 hostile requests, new routes of the application itself have no series of their own.
fn blinded(peer: &Peer) {
    peer.visit("/hello");
    let answered = LabelAttack::of(5_000)
        .run(peer.address)
        .expect("the peer serves");
    assert_eq!(answered, 5_000);
    let attacked = peer.figures();
    for number in 0..10 {
        peer.visit(&format!("/late/{number}"));
    }
    let figures = peer.figures();
    assert!(figures.routes.contains(&"/hello".to_owned()));
    assert!(!figures.routes.contains(&"/late/{number}".to_owned()));
    assert_eq!(figures.overflowed, attacked.overflowed + 10);
}

#[test]
fn opentelemetry_tower_cannot_see_a_new_route_after_random_methods() {
    isolated(
        "label_attack::opentelemetry_tower_cannot_see_a_new_route_after_random_methods",
        || blinded(&Peer::opentelemetry_tower()),
    );
}

#[test]
fn opentelemetry_actix_web_cannot_see_a_new_route_after_random_hosts() {
    isolated(
        "label_attack::opentelemetry_actix_web_cannot_see_a_new_route_after_random_hosts",
        || blinded(&Peer::opentelemetry_actix_web()),
    );
}

#[test]
fn axum_otel_metrics_cannot_see_a_new_route_after_random_hosts() {
    isolated(
        "label_attack::axum_otel_metrics_cannot_see_a_new_route_after_random_hosts",
        || blinded(&Peer::axum_otel_metrics()),
    );
}
