//! What the doctor finds.

use futures_executor::block_on;
use metrics_exporter_prometheus::PrometheusBuilder;
use steeple::{
    Steeple, SteepleBuilder,
    core::ops::{OpsRequest, OpsService},
    doctor::{Code, Diagnosis},
};

use crate::{process, service};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn shop() -> SteepleBuilder {
    Steeple::builder("shop").private().without_ops()
}

fn codes(steeple: &Steeple) -> Vec<Code> {
    block_on(steeple.doctor())
        .into_iter()
        .map(|diagnosis| diagnosis.code)
        .collect()
}

/// What `GET /api/doctor` answers.
fn document(steeple: &Steeple) -> serde_json::Value {
    let mounted = steeple.ops_service(|ops| ops.token(TOKEN)).unwrap();
    let request = OpsRequest::new("GET", "/api/doctor").with_header("host", "localhost");
    let refused = block_on(mounted.call(request.clone()));
    assert_eq!(refused.status(), 401);
    let request = request.with_header("authorization", format!("Bearer {TOKEN}"));
    let answer = block_on(mounted.call(request));
    assert_eq!(answer.status(), 200);
    let mut body = answer.into_body();
    let body = block_on(std::future::poll_fn(|context| body.poll_chunk(context)));
    serde_json::from_slice(&body.unwrap()).unwrap()
}

#[test]
fn a_healthy_instance_has_nothing() {
    let steeple = shop().build().unwrap();
    service::serve(steeple.observer(), || {});
    assert_eq!(block_on(steeple.doctor()), []);
    assert_eq!(document(&steeple), serde_json::json!({ "diagnoses": [] }));
}

#[test]
fn one_that_is_switched_off_says_so() {
    let ended = process::run(&[("OTEL_SDK_DISABLED", "true")], || {
        let steeple = Steeple::builder("shop").build().unwrap();
        assert_eq!(codes(&steeple), [Code::Disabled]);
    });
    assert!(ended.is_none_or(|ended| ended.success));
}

#[test]
fn a_layer_that_is_applied_twice_is_found() {
    let steeple = shop().build().unwrap();
    let mut outer = service::begin(steeple.observer(), "GET", None);
    let inner = outer.run(|| drop(service::begin(steeple.observer(), "GET", None)));
    assert!(inner.is_ok());
    assert_eq!(codes(&steeple), [Code::LayerTwice]);
}

#[test]
fn a_recorder_of_somebody_else_is_found() {
    let _ = process::passes(|| {
        PrometheusBuilder::new().install_recorder().unwrap();
        let steeple = Steeple::builder("shop").without_ops().build().unwrap();
        assert_eq!(codes(&steeple), [Code::ForeignRecorder]);
    });
}

#[test]
fn metrics_of_the_applications_own_are_linted() {
    let steeple = shop().build().unwrap();
    service::serve(steeple.observer(), || {
        metrics::counter!("orders").increment(1);
    });
    let diagnoses = block_on(steeple.doctor());
    let metric = |diagnosis: &Diagnosis| diagnosis.what.contains("orders");
    assert!(
        !diagnoses.is_empty() && diagnoses.iter().all(metric),
        "{diagnoses:?}"
    );
    assert_eq!(diagnoses[0].code, Code::Metric);
    let told = document(&steeple);
    assert_eq!(told["diagnoses"][0]["code"], "metric");
    assert_eq!(told["diagnoses"][0]["severity"], "warning");
    assert_eq!(told["diagnoses"][0]["fix"], *diagnoses[0].fix);
}

#[cfg(feature = "otlp")]
mod export {
    use std::{
        net::TcpListener,
        time::{Duration, Instant},
    };

    use steeple::{
        core::{Sampler, Trust},
        doctor::Severity,
    };
    use tracing_subscriber::{layer::SubscriberExt, registry};

    use super::*;
    use crate::collector::Collector;

    fn exporting_to(url: String) -> SteepleBuilder {
        shop().otlp(|otlp| otlp.endpoint(url))
    }

    /// With a subscriber that has what is needed.
    fn codes_of(steeple: &Steeple) -> Vec<Code> {
        let subscriber = registry().with(steeple.tracing_layer());
        tracing::subscriber::with_default(subscriber, || codes(steeple))
    }

    #[test]
    fn a_backend_that_answers_is_no_finding_and_is_not_asked_at_every_call() {
        let collector = Collector::new();
        let steeple = exporting_to(collector.url()).build().unwrap();
        for _ in 0..3 {
            assert_eq!(codes_of(&steeple), []);
        }
        assert_eq!(collector.paths(), ["/v1/logs", "/v1/metrics", "/v1/traces"]);
        assert_eq!(collector.requests().len(), 3);
    }

    #[test]
    fn a_backend_that_is_not_there_is_found_and_not_named() {
        let unused = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = unused.local_addr().unwrap();
        drop(unused);
        let url = format!("http://ada:hunter2@{address}/secret");
        let steeple = exporting_to(url).build().unwrap();
        assert_eq!(codes_of(&steeple), [Code::ExporterUnreachable; 3]);
        let told = document(&steeple).to_string();
        assert!(told.contains("connection refused"), "{told}");
        for secret in ["hunter2", "secret", "127.0.0.1", TOKEN] {
            assert!(!told.contains(secret), "{told}");
        }
    }

    #[test]
    fn a_backend_that_is_silent_is_found_in_time() {
        let silence = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", silence.local_addr().unwrap());
        let steeple = exporting_to(url).build().unwrap();
        let started = Instant::now();
        assert_eq!(codes_of(&steeple), [Code::ExporterUnreachable; 3]);
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_backend_that_refuses_is_found() {
        let collector = Collector::answering("401 Unauthorized");
        let steeple = exporting_to(collector.url()).build().unwrap();
        let diagnoses = block_on(steeple.doctor());
        let refused = diagnoses
            .iter()
            .filter(|it| it.code == Code::ExporterRefused);
        let refused: Vec<_> = refused.collect();
        assert_eq!(refused.len(), 3);
        assert_eq!(refused[0].severity, Severity::Error);
        assert!(refused[0].what.contains("401"), "{refused:?}");
    }

    #[cfg(feature = "tls")]
    #[test]
    fn tls_that_is_not_agreed_on_is_found() {
        use std::io::{Read, Write};

        let plain = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}", plain.local_addr().unwrap());
        std::thread::spawn(move || {
            for mut stream in plain.incoming().map_while(Result::ok) {
                let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
                // Closed sooner, what was not read would take the answer along.
                let _ = stream.read(&mut [0; 4096]);
            }
        });
        let steeple = exporting_to(url).build().unwrap();
        assert_eq!(codes_of(&steeple), [Code::ExporterTls; 3]);
    }

    #[test]
    fn a_sampler_that_never_records_is_found() {
        let collector = Collector::new();
        let steeple = |sampler: Sampler, trust: Trust| {
            exporting_to(collector.url())
                .traces(|traces| traces.sampler(sampler).trust(trust))
                .build()
                .unwrap()
        };
        let off = steeple(Sampler::always_off().parent_based(), Trust::nobody());
        assert_eq!(codes_of(&off), [Code::SamplingOff]);
        let on = steeple(Sampler::always_off().parent_based(), Trust::everybody());
        assert_eq!(codes_of(&on), []);
    }

    #[test]
    fn a_subscriber_without_the_layer_is_found() {
        let collector = Collector::new();
        let steeple = exporting_to(collector.url()).build().unwrap();
        let severity = || {
            let diagnoses = block_on(steeple.doctor());
            let found = diagnoses
                .into_iter()
                .find(|it| it.code == Code::NoTracingLayer);
            found.map(|diagnosis| diagnosis.severity)
        };
        let warned = tracing::subscriber::with_default(registry(), severity);
        assert_eq!(warned, Some(Severity::Warning));
        let own = steeple.tracing_subscriber().unwrap();
        assert_eq!(tracing::subscriber::with_default(own, severity), None);
        let none = tracing::subscriber::NoSubscriber::new();
        let noted = tracing::subscriber::with_default(none, severity);
        assert_eq!(noted, Some(Severity::Note));
    }
}
