//! Instances that were to be had in any case.

use steeple::Steeple;

use crate::{mounted, process, service};

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
fn where_telemetry_cannot_start_what_is_mounted_is_guarded_as_the_operator_says() {
    const TOKEN: &str = "0123456789abcdef0123456789abcdef";
    let environment = [
        ("STEEPLE_OPS_TOKEN", TOKEN),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "http"),
    ];
    let Some(ended) = process::run(&environment, || {
        let steeple = Steeple::builder("shop").build_or_disabled();
        let mounted = steeple.ops_service(|ops| ops).unwrap();
        assert_eq!(mounted::livez(&mounted, TOKEN), 200);
        assert_eq!(mounted::livez(&mounted, "wrong"), 401);
    }) else {
        return;
    };
    assert!(ended.success, "{}", ended.said);
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
