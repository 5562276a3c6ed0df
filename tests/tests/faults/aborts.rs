//! F14: clients that are gone before their answer is.

use std::{thread, time::Duration};

use steeple_tests::{
    hostile::{AbortPhase, Aborts, StreamAborts, StreamsAborted},
    process::{isolated, sized},
    waiting::eventually,
};

use crate::{
    actix_server::{self, Abandoned},
    server::Server,
};

const ORDINARY: u64 = 500;
/// How many requests are aborted, each with its connection or as a stream of one.
const ABORTED: u64 = 100_000;

#[test]
fn every_aborted_request_is_counted_once_and_none_stays_in_flight() {
    isolated(
        "aborts::every_aborted_request_is_counted_once_and_none_stays_in_flight",
        || {
            let (server, aborted) = (Server::start(), sized(3_000, ABORTED));
            let in_body = abort_requests(&server, aborted);
            assert_all_cancelled(&server, aborted, in_body);
        },
    );
}

#[test]
fn every_aborted_request_is_counted_once_on_actix() {
    isolated(
        "aborts::every_aborted_request_is_counted_once_on_actix",
        || {
            let server = actix_server::start(Abandoned::Dropped);
            let in_body = abort_requests(&server, ABORTED);
            assert_all_cancelled(&server, ABORTED, in_body);
        },
    );
}

#[test]
fn what_actix_goes_on_serving_for_clients_that_left_is_counted_by_how_it_ends() {
    isolated(
        "aborts::what_actix_goes_on_serving_for_clients_that_left_is_counted_by_how_it_ends",
        || {
            let server = actix_server::start(Abandoned::GoesOn);
            let aborted = sized(3_000, ABORTED);
            let in_body = abort_requests(&server, aborted);
            eventually("every request that reached the service is settled", || {
                server.connections() == ORDINARY + aborted
                    && server.open_connections() == 0.0
                    && server.in_flight() == 0.0
                    && server.in_flight_by_route() == 0.0
            });
            assert_eq!(
                server.requests(),
                ORDINARY + in_body + server.never_answered()
            );
            let pending = |status, outcome| server.requests_of("GET", "/pending", status, outcome);
            let ends = [
                pending("", "cancelled_before_head"),
                pending("200", "cancelled_in_body"),
                pending("200", "success"),
            ];
            eprintln!("cancelled before the head and in the body, answered: {ends:?}");
            assert_eq!(ends.iter().sum::<u64>(), server.never_answered());
        },
    );
}

/// Aborts requests at random phases beside ordinary ones; how many within the body of their answer.
fn abort_requests(server: &Server, count: u64) -> u64 {
    let aborts = Aborts {
        count,
        connections: 8,
        pending: "/pending",
        endless: "/endless",
        phases: &[
            AbortPhase::InRequestHead,
            AbortPhase::BeforeHead,
            AbortPhase::InBody,
        ],
        patience: Duration::from_millis(2),
    };
    let phases = thread::scope(|scope| {
        let aborted = scope.spawn(|| aborts.run(server.address).expect("the service serves"));
        (0..ORDINARY).for_each(|_| server.visit("/hello"));
        aborted.join().expect("clients do not panic")
    });
    let in_body = phases
        .into_iter()
        .filter(|phase| *phase == AbortPhase::InBody);
    in_body.count() as u64
}

fn assert_all_cancelled(server: &Server, aborted: u64, in_body: u64) {
    let before_head = || server.requests_of("GET", "/pending", "", "cancelled_before_head");
    eventually("every request that reached the service is settled", || {
        server.connections() == ORDINARY + aborted
            && server.open_connections() == 0.0
            && server.in_flight() == 0.0
            && server.in_flight_by_route() == 0.0
            && before_head() == server.never_answered()
    });
    assert_eq!(
        server.requests_of("GET", "/endless", "200", "cancelled_in_body"),
        in_body
    );
    assert_eq!(
        server.requests_of("GET", "/hello", "200", "success"),
        ORDINARY
    );
    assert_eq!(server.requests(), ORDINARY + in_body + before_head());
}

#[test]
fn every_aborted_stream_is_counted_once_and_none_stays_in_flight() {
    isolated(
        "aborts::every_aborted_stream_is_counted_once_and_none_stays_in_flight",
        || {
            let server = Server::start();
            let aborted = abort_streams(&server);
            assert!(aborted.connections > 8, "{aborted:?}");
            let before_head = || server.requests_of("GET", "/pending", "", "cancelled_before_head");
            eventually("every request that reached the service is settled", || {
                are_settled(&server, &aborted) && before_head() == server.never_answered()
            });
            assert_counted(&server, &aborted);
        },
    );
}

/// Before the head actix-web notices no reset over HTTP/2: what was asked for is answered, to nobody.
#[test]
fn every_aborted_stream_is_counted_once_on_actix() {
    isolated(
        "aborts::every_aborted_stream_is_counted_once_on_actix",
        || {
            let server = actix_server::start(Abandoned::OverHttp2);
            let aborted = abort_streams(&server);
            eventually("every request that reached the service is settled", || {
                are_settled(&server, &aborted)
            });
            assert_counted(&server, &aborted);
            let pending = ["success", "cancelled_in_body"]
                .map(|outcome| server.requests_of("GET", "/pending", "200", outcome));
            assert_eq!(pending.iter().sum::<u64>(), server.never_answered());
        },
    );
}

/// Aborts streams at random phases beside ordinary ones.
fn abort_streams(server: &Server) -> StreamsAborted {
    let aborts = StreamAborts {
        count: ABORTED,
        connections: 8,
        streams: 32,
        pending: "/pending",
        endless: "/endless",
        upload: "/upload",
        ordinary: "/hello",
        patience: Duration::from_millis(2),
    };
    aborts.run(server.address).expect("the service serves")
}

fn are_settled(server: &Server, aborted: &StreamsAborted) -> bool {
    server.connections() == aborted.connections
        && server.open_connections() == 0.0
        && server.in_flight() == 0.0
        && server.in_flight_by_route() == 0.0
}

/// All that arrived is counted once, with what became of it.
fn assert_counted(server: &Server, aborted: &StreamsAborted) {
    let ended = |path, outcome| server.requests_of("GET", path, "200", outcome);
    assert_eq!(ended("/endless", "cancelled_in_body"), aborted.in_body);
    assert_eq!(ended("/hello", "success"), aborted.answered);
    // Their bodies broke off, which their handlers still answer.
    let uploads = server.arrived() - server.never_answered() - aborted.in_body - aborted.answered;
    let told = server.requests_of("POST", "/upload", "400", "cancelled_in_body");
    assert_eq!(told, uploads);
    assert_eq!(server.requests(), server.arrived());
}
