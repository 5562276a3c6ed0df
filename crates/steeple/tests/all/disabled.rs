//! Instances that were to be had in any case.

use steeple::Steeple;

use crate::{process, service};

#[test]
fn where_telemetry_cannot_start_the_service_runs_and_the_cause_is_logged() {
    let Some(log) = process::passes(|| {
        let steeple = Steeple::builder("shop")
            .ops(|ops| ops.address(([0, 0, 0, 0], 0).into()))
            .build_or_disabled();
        let mut served = false;
        service::serve(steeple.observer(), || served = true);
        service::serve(steeple.observer(), || panic!("kept from the server"));
        assert!(served);
        assert_eq!(steeple.ops_addr(), None);
        assert!(!steeple.registry().render().contains("http_server"));
        assert_eq!(steeple.observe("job", "unobserved").run(|| 7), 7);
    }) else {
        return;
    };
    assert!(
        log.contains("ERROR") && log.contains("the service goes on unobserved"),
        "{log}"
    );
    assert!(
        log.contains("ops address 0.0.0.0:0 can be reached"),
        "{log}"
    );
}

#[test]
fn where_telemetry_can_start_it_does() {
    let _ = process::passes(|| {
        let steeple = Steeple::builder("shop").without_ops().build_or_disabled();
        service::serve(steeple.observer(), || {});
        assert!(
            steeple
                .registry()
                .render()
                .contains("http_server_requests_total")
        );
    });
}
