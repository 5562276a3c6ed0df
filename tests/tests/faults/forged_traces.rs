//! F8: callers that nobody trusts, and who want everything recorded, or nothing.

use std::time::Duration;

use steeple::{
    core::{
        Sampler,
        pipeline::{Accounting, DropReason},
    },
    otlp::Signal,
};
use steeple_tests::{
    backends::OtlpSink,
    hostile::{ForgedIds, ForgedTraces},
    waiting::eventually,
};

use crate::server::Server;

const REQUESTS: u64 = 25_000;
const RATIO: f64 = 0.1;
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn forged_flags_and_ids_do_not_change_how_much_is_exported() {
    let sink = OtlpSink::start().unwrap();
    let url = sink.url();
    let server = Server::start_with(|builder| {
        builder
            .otlp(|otlp| otlp.endpoint(url))
            .traces(|traces| traces.sampler(Sampler::ratio(RATIO).parent_based()))
    });
    for (sampled, ids) in [
        (true, ForgedIds::Random),
        (true, ForgedIds::Lowest),
        (false, ForgedIds::Random),
        (false, ForgedIds::Highest),
    ] {
        let attack = ForgedTraces {
            requests: REQUESTS,
            path: "/hello",
            sampled,
            ids,
        };
        // An honest sampler is outside of three standard deviations one time in 370, so not twice in a row.
        let exported = [(); 2].map(|()| exported_under(&attack, &server, &sink));
        eprintln!("{sampled} {ids:?}: {exported:?} of {REQUESTS}");
        let all = REQUESTS as f64;
        let deviation = (all * RATIO * (1.0 - RATIO)).sqrt();
        let is_near = |exported: &u64| (*exported as f64 - all * RATIO).abs() <= 3.0 * deviation;
        assert!(exported.iter().any(is_near), "{attack:?}: {exported:?}");
    }
}

/// How many spans the backend gets; all others are accounted for as not sampled.
fn exported_under(attack: &ForgedTraces, server: &Server, sink: &OtlpSink) -> u64 {
    let accounting = || {
        let accounting = server.otlp().accounting(Signal::Traces);
        accounting.expect("traces are exported")
    };
    let (before, at_sink) = (accounting(), sink.span_count());
    let answered = attack.run(server.address).expect("the service serves");
    assert_eq!(answered, attack.requests);
    eventually("all requests are over", || {
        accounting().created == before.created + attack.requests
    });
    let report = server.otlp().flush_blocking(PATIENCE);
    assert!(report.is_complete(), "{report:?}");
    let (now, exported) = (accounting(), sink.span_count() - at_sink);
    let sampled = |accounting: &Accounting| accounting.dropped(DropReason::Sampled);
    assert_eq!(exported, now.exported - before.exported);
    assert_eq!(exported + sampled(&now) - sampled(&before), attack.requests);
    exported
}
