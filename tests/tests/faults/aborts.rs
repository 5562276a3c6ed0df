//! F14: clients that are gone before their answer is.

use std::{thread, time::Duration};

use steeple_tests::{
    hostile::{AbortPhase, Aborts, StreamAborts},
    process::{isolated, sized},
    waiting::eventually,
};

use crate::server::Server;

#[test]
fn every_aborted_request_is_counted_once_and_none_stays_in_flight() {
    isolated(
        "aborts::every_aborted_request_is_counted_once_and_none_stays_in_flight",
        || {
            let server = Server::start();
            let aborts = Aborts {
                count: sized(3_000, 100_000),
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
            let ordinary = 500;

            let phases = thread::scope(|scope| {
                let aborted = scope.spawn(|| aborts.run(server.address).unwrap());
                (0..ordinary).for_each(|_| server.visit("/hello"));
                aborted.join().unwrap()
            });

            let in_body = phases
                .iter()
                .filter(|phase| **phase == AbortPhase::InBody)
                .count() as u64;
            let before_head = || server.requests_of("GET", "/pending", "", "cancelled_before_head");
            let in_the_body = || server.requests_of("GET", "/endless", "200", "cancelled_in_body");
            eventually("every request that reached the service is settled", || {
                server.in_flight() == 0.0
                    && server.open_connections() == 0.0
                    && before_head() == server.never_answered()
            });
            assert_eq!(in_the_body(), in_body);
            assert_eq!(
                server.requests_of("GET", "/hello", "200", "success"),
                ordinary
            );
            assert_eq!(server.requests(), ordinary + in_body + before_head());
        },
    );
}

#[test]
fn every_aborted_stream_is_counted_once_and_none_stays_in_flight() {
    isolated(
        "aborts::every_aborted_stream_is_counted_once_and_none_stays_in_flight",
        || {
            let server = Server::start();
            let aborts = StreamAborts {
                count: sized(10_000, 100_000),
                connections: 8,
                streams: 32,
                pending: "/pending",
                endless: "/endless",
                upload: "/upload",
                ordinary: "/hello",
                patience: Duration::from_millis(2),
            };

            let aborted = aborts.run(server.address).unwrap();

            assert!(aborted.connections > 8, "{aborted:?}");
            let before_head = || server.requests_of("GET", "/pending", "", "cancelled_before_head");
            eventually("every request that reached the service is settled", || {
                server.in_flight() == 0.0
                    && server.open_connections() == 0.0
                    && before_head() == server.never_answered()
            });
            assert_eq!(
                server.requests_of("GET", "/endless", "200", "cancelled_in_body"),
                aborted.in_body
            );
            assert_eq!(
                server.requests_of("GET", "/hello", "200", "success"),
                aborted.answered
            );
            assert_eq!(server.requests(), server.arrived());
            assert_eq!(server.connections(), aborted.connections);
        },
    );
}
