//! Requests that never come to an ordinary end: their client leaves, or their handler panics.

use std::{panic, time::Duration};

use steeple_tests::{
    hostile::{AbortPhase, Aborts, PanickingRequests, PanicsSeen},
    process::isolated,
    waiting::{eventually, within},
};

use crate::peer::Peer;

const COUNT: u64 = 1_000;
/// A reset that overtakes its request on a busy machine takes it along, so that a few never come in.
const MOST: u64 = COUNT * 9 / 10;

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
        peer.handlers.entered() >= MOST && peer.handlers.are_done(peer.forgotten)
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
        peer.handlers.entered() == COUNT && peer.handlers.are_done(0)
    });
}

/// Both faults for each peer, which ends with nothing recorded and, by how many requests came in, this in-flight gauge.
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
    axum_prometheus, in_flight: |_| Some(0);
    axum_otel_metrics, in_flight: |_| Some(0);
    opentelemetry_tower, in_flight: |entered| Some(entered as i64);
    actix_web_prom, in_flight: |_| None;
    opentelemetry_actix_web, in_flight: |entered| Some(entered as i64);
}

fn nothing_recorded(peer: &Peer, fault: fn(&Peer), in_flight: fn(u64) -> Option<i64>) {
    fault(peer);
    // A gauge may follow its handler by a moment.
    let seen = || (peer.figures().in_flight, in_flight(peer.handlers.entered()));
    let settled = within(Duration::from_secs(10), || {
        let (gauge, expected) = seen();
        (gauge == expected).then_some(gauge)
    });
    let Some(stuck) = settled else {
        panic!("in flight, and expected: {:?}", seen());
    };
    // What is stuck stays so, and was not merely late.
    let fell = within(Duration::from_secs(2), || {
        let gauge = peer.figures().in_flight;
        (gauge < stuck).then_some(gauge)
    });
    assert_eq!(fell, None, "in flight, after {stuck:?}");
    assert_eq!(peer.figures().recorded, 0);
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
