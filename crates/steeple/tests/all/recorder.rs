//! The process's one metrics recorder.

use std::{
    thread,
    time::{Duration, Instant},
};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_util::MetricKindMask;
use steeple::{BuildError, Label, MetricNames, Steeple};

use crate::{process, service};

fn install_another() -> PrometheusHandle {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &[0.5, 10.0])
        .unwrap()
        .build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).unwrap();
    handle
}

fn steeple() -> Steeple {
    Steeple::builder("shop").without_ops().build().unwrap()
}

#[test]
fn one_that_was_there_stays_and_gets_the_request_metrics_too() {
    let Some(log) = process::passes(|| {
        let another = install_another();
        let steeple = steeple();
        service::serve(steeple.observer(), || {
            metrics::counter!("orders").increment(1);
        });
        service::serve(steeple.observer(), || {});

        let attributes = r#"http_request_method="GET",http_route="/orders/{id}",url_scheme="http",network_protocol_version="1.1",http_response_status_code="200""#;
        let requests = r#"http_request_method="GET",http_route="/orders/{id}",outcome="success",http_response_status_code="200""#;
        let text = another.render();
        for line in [
            format!("http_server_requests_total{{{requests}}} 2"),
            format!("http_server_request_duration_seconds_count{{{attributes}}} 2"),
            format!(r#"http_server_request_duration_seconds_bucket{{{attributes},le="10"}} 2"#),
            format!("http_server_response_head_duration_seconds_count{{{attributes}}} 2"),
            format!("http_server_request_body_size_bytes_count{{{attributes}}} 2"),
            format!("http_server_response_body_size_bytes_sum{{{attributes}}} 10"),
            r#"http_server_active_requests{http_request_method="GET",url_scheme="http"} 0"#
                .to_owned(),
            "# HELP http_server_requests_total Requests by outcome.".to_owned(),
            "orders 1".to_owned(),
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }

        let ours = steeple.registry().snapshot();
        assert!(ours.family("orders").is_none() && ours.family("orders_total").is_none());
        let requests = &ours.family("http_server_requests_total").unwrap().series;
        assert_eq!(requests[0].value.as_counter(), Some(2));
    }) else {
        return;
    };
    let told = log
        .matches("a metrics recorder was installed before steeple")
        .count();
    assert_eq!(told, 1, "{log}");
}

#[test]
fn ours_over_another_is_an_error_and_leaves_the_process_as_it_was() {
    let _ = process::passes(|| {
        let another = install_another();
        let error = Steeple::builder("shop")
            .without_ops()
            .require_recorder()
            .build()
            .unwrap_err();
        assert!(matches!(error, BuildError::RecorderTaken(_)), "{error}");
        assert!(
            error.to_string().contains("install steeple first"),
            "{error}"
        );

        steeple::observe("job", "before an instance").run(|| {});
        assert_eq!(another.render(), "", "nothing was recorded or described");
    });
}

#[test]
fn an_instance_that_cannot_be_had_takes_none() {
    let _ = process::passes(|| {
        let observer = Steeple::builder("shop")
            .without_ops()
            .observer(|observer| observer.label(Label::new("not-a-label")))
            .build();
        assert!(matches!(observer, Err(BuildError::Observer(_))));
        let ops = Steeple::builder("shop")
            .ops(|ops| ops.address(([0, 0, 0, 0], 0).into()))
            .build();
        assert!(matches!(ops, Err(BuildError::Ops(_))));
        install_another();
    });
}

#[test]
fn ours_gets_what_the_application_records_if_there_is_no_other() {
    let _ = process::passes(|| {
        let steeple = Steeple::builder("shop")
            .without_ops()
            .require_recorder()
            .build()
            .unwrap();
        metrics::counter!("orders_total").increment(3);
        let snapshot = steeple.registry().snapshot();
        let orders = &snapshot.family("orders_total").unwrap().series[0];
        assert_eq!(orders.value.as_counter(), Some(3));
        metrics::set_global_recorder(PrometheusBuilder::new().build_recorder()).unwrap_err();
    });
}

#[test]
fn a_private_instance_leaves_it_alone() {
    let _ = process::passes(|| {
        let steeple = Steeple::builder("shop")
            .private()
            .without_ops()
            .build()
            .unwrap();
        metrics::counter!("outside_total").increment(1);
        service::serve(steeple.observer(), || {
            metrics::counter!("inside_total").increment(1);
        });
        let snapshot = steeple.registry().snapshot();
        assert!(snapshot.family("outside_total").is_none());
        assert!(snapshot.family("inside_total").is_some());
        install_another();
    });
}

#[test]
fn that_of_an_earlier_instance_gets_the_request_metrics_of_a_later_one_too() {
    let _ = process::passes(|| {
        let (first, second) = (steeple(), steeple());
        service::serve(first.observer(), || {});
        service::serve(second.observer(), || {});
        for (instance, requests) in [(first, 2), (second, 1)] {
            let snapshot = instance.registry().snapshot();
            let family = snapshot.family("http_server_requests_total").unwrap();
            assert_eq!(family.series[0].value.as_counter(), Some(requests));
            assert!(
                snapshot
                    .family("steeple_metrics_rejected_total")
                    .is_none_or(|rejected| {
                        rejected
                            .series
                            .iter()
                            .all(|series| series.value.as_counter() == Some(0))
                    })
            );
        }
    });
}

#[test]
fn a_job_is_observed_by_the_process_s_instance() {
    let _ = process::passes(|| {
        steeple::observe("cron", "too early").run(|| {});
        let steeple = steeple();
        assert_eq!(steeple::observe("cron", "nightly").run(|| 7), 7);
        let text = steeple.registry().render();
        assert!(
            text.contains(
                r#"steeple_job_duration_seconds_count{job_kind="cron",job_name="nightly",outcome="success"} 1"#
            ) && !text.contains("too early"),
            "{text}"
        );
    });
}

/// An exporter that drops what was idle for so long.
fn install_forgetful() -> PrometheusHandle {
    let recorder = PrometheusBuilder::new()
        .idle_timeout(MetricKindMask::ALL, Some(Duration::from_millis(250)))
        .build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).unwrap();
    handle
}

fn wait_until_dropped(another: &PrometheusHandle) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let text = another.render();
        let ours = ["http_", "rpc_", "steeple_job_"];
        let left = text
            .lines()
            .find(|line| ours.iter().any(|name| line.starts_with(name)));
        match left {
            None => break,
            Some(line) => assert!(Instant::now() < deadline, "{line} is still there"),
        }
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn what_it_dropped_as_idle_is_there_again_with_the_next_request() {
    let _ = process::passes(|| {
        let another = install_forgetful();
        let steeple = Steeple::builder("shop")
            .without_ops()
            .observer(|observer| {
                observer.metric_names([MetricNames::SemanticConventions, MetricNames::Classic])
            })
            .build()
            .unwrap();
        for round in 1..=3 {
            service::serve(steeple.observer(), || {});
            service::call(steeple.observer());
            service::upgrade(steeple.observer());
            steeple::observe("cron", "nightly").run(|| {});
            let text = another.render();
            for (series, value) in [
                ("rpc_server_call_duration_seconds_count{", 1),
                ("http_server_open_connections", 0),
                ("http_server_connection_duration_seconds_count", 1),
                ("http_server_upgrades_total{", 1),
                ("http_server_open_upgrades{", 0),
                ("http_server_upgrade_duration_seconds_count{", 1),
                ("steeple_job_duration_seconds_count{", 1),
                ("http_server_requests_total{", 1),
                ("http_server_request_duration_seconds_count{", 1),
                ("http_server_response_head_duration_seconds_count{", 1),
                ("http_server_request_body_size_bytes_count{", 1),
                ("http_server_response_body_size_bytes_count{", 1),
                ("http_server_active_requests{", 0),
                ("http_requests_total{", 1),
                ("http_request_duration_seconds_count{", 1),
                ("http_requests_in_flight{", 0),
            ] {
                let found = text.lines().find(|line| line.starts_with(series));
                assert!(
                    found.is_some_and(|line| line.ends_with(&format!(" {value}"))),
                    "round {round}: {series} {value} in {text}"
                );
            }
            wait_until_dropped(&another);
        }
        let snapshot = steeple.registry().snapshot();
        let requests = &snapshot
            .family("http_server_requests_total")
            .unwrap()
            .series;
        assert_eq!(
            requests[0].value.as_counter(),
            Some(3),
            "ours forgets nothing"
        );
    });
}

#[test]
fn a_request_that_outlives_its_dropped_gauge_leaves_it_at_zero() {
    let _ = process::passes(|| {
        let another = install_forgetful();
        let steeple = steeple();
        let active = || {
            let text = another.render();
            let line = text
                .lines()
                .find(|line| line.starts_with("http_server_active_requests{"))?;
            Some(line.rsplit_once(' ')?.1.to_owned())
        };
        let first = service::begin(steeple.observer(), "GET", Some("/"));
        assert_eq!(active().as_deref(), Some("1"));
        wait_until_dropped(&another);
        let second = service::begin(steeple.observer(), "GET", Some("/"));
        assert_eq!(active().as_deref(), Some("2"), "it is back with both");
        wait_until_dropped(&another);
        drop(first);
        assert_eq!(active().as_deref(), Some("1"));
        wait_until_dropped(&another);
        drop(second);
        assert_eq!(active().as_deref(), Some("0"));
    });
}
