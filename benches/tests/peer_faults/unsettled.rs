//! Requests that never come to an ordinary end: their client leaves, or their handler panics.

use std::{panic, time::Duration};

use steeple_tests::{
    hostile::{AbortPhase, Aborts, PanickingRequests, PanicsSeen},
    process::isolated,
    waiting::{eventually, within},
};

use crate::peer::Peer;

const COUNT: u64 = 1_000;

/// 1,000 requests whose clients give up before the head.
fn cancel_all(peer: &Peer) {
    let aborts = Aborts {
        count: COUNT,
        connections: 4,
        pending: "/pending",
        endless: "/pending",
        phases: &[AbortPhase::BeforeHead],
        patience: Duration::from_millis(4),
    };
    aborts.run(peer.address).expect("the peer serves");
    eventually("the handlers are gone", || {
        peer.handlers.are_done_with(COUNT, peer.forgotten)
    });
}

/// 1,000 requests whose handler panics.
fn panic_all(peer: &Peer) {
    panic::set_hook(Box::new(|_| {}));
    let requests = PanickingRequests {
        count: COUNT,
        connections: 4,
        path: "/panic",
    };
    let seen = requests.run(peer.address).expect("the peer serves");
    let _silent = panic::take_hook();
    let hung_up = PanicsSeen {
        answered: 0,
        hung_up: COUNT,
    };
    assert_eq!(seen, hung_up, "none of them answers a panic");
    eventually("the handlers are gone", || {
        peer.handlers.are_done_with(COUNT, 0)
    });
}

/// Both faults for each peer, which ends with this in-flight gauge and nothing recorded.
macro_rules! nothing_recorded {
    ($($peer:ident, in_flight: $in_flight:expr;)*) => {$(
        mod $peer {
            use super::*;

            #[test]
            fn records_no_cancelled_request() {
                isolated(
                    concat!("unsettled::", stringify!($peer), "::records_no_cancelled_request"),
                    || nothing_recorded(&Peer::$peer(), cancel_all, $in_flight),
                );
            }

            #[test]
            fn records_no_panicked_request() {
                isolated(
                    concat!("unsettled::", stringify!($peer), "::records_no_panicked_request"),
                    || nothing_recorded(&Peer::$peer(), panic_all, $in_flight),
                );
            }
        }
    )*};
}

nothing_recorded! {
    axum_prometheus, in_flight: Some(0);
    axum_otel_metrics, in_flight: Some(0);
    opentelemetry_tower, in_flight: Some(1_000);
    actix_web_prom, in_flight: None;
    opentelemetry_actix_web, in_flight: Some(1_000);
}

fn nothing_recorded(peer: &Peer, fault: fn(&Peer), in_flight: Option<i64>) {
    fault(peer);
    // A gauge may follow the end of its handler by a moment.
    let settled = within(Duration::from_secs(10), || {
        let figures = peer.figures();
        (figures.in_flight == in_flight).then_some(figures)
    });
    let figures = settled.unwrap_or_else(|| peer.figures());
    assert_eq!((figures.recorded, figures.in_flight), (0, in_flight));
}

/// The figures that must not be 0 for lack of looking: an ordinary request is in them.
#[test]
fn every_peer_records_an_ordinary_request() {
    isolated("unsettled::every_peer_records_an_ordinary_request", || {
        let peers = [
            Peer::axum_prometheus(),
            Peer::axum_otel_metrics(),
            Peer::opentelemetry_tower(),
            Peer::actix_web_prom(),
            Peer::opentelemetry_actix_web(),
        ];
        for peer in peers {
            peer.visit("/hello");
            eventually("the request is recorded", || peer.figures().recorded == 1);
            assert_eq!(peer.figures().routes, ["/hello"]);
        }
    });
}
