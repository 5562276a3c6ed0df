//! Handlers that panic.

use std::panic;

use steeple_tests::{
    hostile::{PanickingRequests, PanicsSeen},
    process::{isolated, sized},
};

use crate::server::Server;

#[test]
fn every_panicked_request_is_answered_and_counted() {
    isolated(
        "panics::every_panicked_request_is_answered_and_counted",
        || {
            panic::set_hook(Box::new(|_| {}));
            let server = Server::start();
            let count = sized(1_000, 100_000);
            let requests = PanickingRequests {
                count,
                connections: 4,
                path: "/panic",
            };

            let seen = requests.run(server.address).unwrap();

            let answered = PanicsSeen {
                answered: count,
                hung_up: 0,
            };
            assert_eq!(seen, answered);
            assert_eq!(
                server.requests_of("GET", "/panic", "500", "panicked"),
                count
            );
            assert_eq!(server.in_flight(), 0.0);
        },
    );
}
