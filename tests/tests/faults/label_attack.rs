//! F4: paths, methods and hosts that a client makes up.

use steeple_tests::{
    hostile::LabelAttack,
    process::{isolated, resident_bytes, sized},
};

use crate::server::Server;

const MEBIBYTE: u64 = 1 << 20;

#[test]
fn hostile_requests_share_one_series_take_no_memory_and_hide_no_new_route() {
    isolated(
        "label_attack::hostile_requests_share_one_series_take_no_memory_and_hide_no_new_route",
        || {
            let server = Server::start();
            server.visit("/hello");
            let requests = sized(20_000, 1_000_000);
            let known_path = LabelAttack {
                path: Some("/hello"),
                ..LabelAttack::of(1_000)
            };
            assert_eq!(known_path.run(server.address).unwrap(), 1_000);
            let counters = ["http_server_requests_total", "http_requests_total"];
            let series = || counters.map(|counter| server.series(counter));
            assert_eq!(series(), [2; 2], "the visit, and all of the attack");
            // A small attack must take next to nothing, once one like it has filled what is pooled and cached.
            let warm_up = sized(requests, 1_000);
            assert_eq!(
                LabelAttack::of(warm_up).run(server.address).unwrap(),
                warm_up
            );
            let before = resident_bytes().unwrap();

            assert_eq!(
                LabelAttack::of(requests).run(server.address).unwrap(),
                requests
            );

            let grown = resident_bytes().unwrap().saturating_sub(before);
            eprintln!("{requests} hostile requests: grown by {grown} bytes");
            assert!(grown <= sized(1, 8) * MEBIBYTE, "grown by {grown} bytes");
            assert_eq!(series(), [3; 2], "one more for all that have no route");
            let hostile = server.requests_of("_OTHER", "_UNMATCHED", "404", "client_error");
            assert_eq!(hostile, warm_up + requests);
            let of_a_route = server.requests_of("_OTHER", "/hello", "405", "client_error");
            assert_eq!(of_a_route, 1_000);
            assert!(
                !server.exposition().contains(".example"),
                "a host became a label"
            );

            server.visit("/late/1");
            assert_eq!(
                server.requests_of("GET", "/late/{number}", "200", "success"),
                1
            );
            assert_eq!(server.requests(), 1_000 + hostile + 2);
            assert_eq!(server.total("http_requests_total"), 1_000 + hostile + 2);
            assert_eq!(server.in_flight(), 0.0);
        },
    );
}
