//! What an instance exports over OTLP, and what it tells of it at the end.

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use futures_executor::block_on;
use opentelemetry::trace::{TraceContextExt, Tracer, TracerProvider};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use steeple::{
    Steeple, SteepleBuilder,
    core::Sampler,
    current,
    otlp::{LogRecord, Severity, Signal},
};
use tokio::runtime;
use tracing_subscriber::{EnvFilter, Layer, fmt, layer::SubscriberExt, registry};

use crate::{
    collector::{Collector, attribute},
    process, service,
};

const DEADLINE: Duration = Duration::from_secs(30);

fn shop() -> SteepleBuilder {
    Steeple::builder("shop").private().without_ops()
}

fn exporting_to(collector: &Collector) -> SteepleBuilder {
    let url = collector.url();
    shop().otlp(|otlp| otlp.endpoint(url))
}

/// Has a log record and a request with a span in it observed.
fn work(steeple: &Steeple) {
    if let Some(logs) = steeple.otlp().and_then(steeple::otlp::Otlp::logs) {
        logs.emit(&LogRecord::new(Severity::Info, "open for business"));
    }
    let subscriber = registry().with(steeple.tracing_layer());
    tracing::subscriber::with_default(subscriber, || {
        service::serve(steeple.observer(), || {
            tracing::info_span!("pack")
                .in_scope(|| metrics::histogram!("basket_seconds").record(0.3));
        });
    });
}

#[test]
fn all_signals_of_a_request_are_delivered_at_the_end_and_lead_to_each_other() {
    let collector = Collector::new();
    let steeple = exporting_to(&collector)
        .resource_attribute("service.version", "1.2.3")
        .build()
        .unwrap();
    work(&steeple);
    let report = block_on(steeple.shutdown(DEADLINE)).unwrap().otlp.unwrap();
    assert_eq!(report.traces.map(|traces| traces.exported), Some(2));
    assert_eq!(report.logs.map(|logs| logs.exported), Some(1));
    assert!(report.metrics.is_some_and(|metrics| metrics.exported > 5));

    let spans = collector.spans();
    let named = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    let (request, pack) = (named("GET /orders/{id}"), named("pack"));
    assert_eq!(pack.trace_id, request.trace_id);
    assert_eq!(pack.parent_span_id, request.span_id);
    let resource = collector.resource().attributes;
    let of_resource = |key| attribute(&resource, key);
    assert_eq!(of_resource("service.name").as_deref(), Some("shop"));
    assert_eq!(of_resource("service.version").as_deref(), Some("1.2.3"));
    assert_eq!(collector.log_records().len(), 1);

    // The innermost span of each: that of the request has ended by then.
    for (metric, span) in [
        ("basket_seconds", pack),
        ("http.server.request.duration", request),
    ] {
        let metrics = collector.metrics();
        let metric = metrics.into_iter().find(|each| each.name == metric);
        let Some(Data::Histogram(histogram)) = metric.unwrap().data else {
            panic!("a histogram");
        };
        let exemplar = &histogram.data_points[0].exemplars[0];
        assert_eq!(exemplar.trace_id, span.trace_id);
        assert_eq!(exemplar.span_id, span.span_id);
    }
}

#[test]
fn exemplars_lead_to_traces_that_are_recorded_alone() {
    let collector = Collector::new();
    let steeple = exporting_to(&collector)
        .traces(|traces| traces.sampler(Sampler::always_off()))
        .build()
        .unwrap();
    work(&steeple);
    let accounting = steeple.otlp().unwrap().accounting(Signal::Traces).unwrap();
    assert_eq!((accounting.created, accounting.queued), (1, 0));
    assert!(block_on(steeple.shutdown(DEADLINE)).is_ok());
    assert_eq!(collector.spans(), []);
    for metric in collector.metrics() {
        if let Some(Data::Histogram(histogram)) = metric.data {
            let points = histogram.data_points;
            assert!(points.iter().all(|point| point.exemplars.is_empty()));
        }
    }
}

#[test]
fn what_is_logged_does_not_switch_traces_off_and_spans_have_a_level_of_their_own() {
    let collector = Collector::new();
    let steeple = exporting_to(&collector)
        .span_level(tracing::Level::DEBUG)
        .build()
        .unwrap();
    let subscriber = registry()
        .with(fmt::layer().with_filter(EnvFilter::new("warn")))
        .with(steeple.tracing_layer());
    tracing::subscriber::with_default(subscriber, || {
        service::serve(steeple.observer(), || {
            let _debug = tracing::debug_span!("wanted").entered();
            let _trace = tracing::trace_span!("unwanted").entered();
        });
    });
    assert!(block_on(steeple.flush(DEADLINE)).is_complete());
    let names: Vec<_> = collector
        .spans()
        .into_iter()
        .map(|span| span.name)
        .collect();
    assert_eq!(names, ["wanted", "GET /orders/{id}"]);
}

#[test]
fn as_the_only_subscriber_it_makes_the_same_spans() {
    let collector = Collector::new();
    let steeple = exporting_to(&collector).build().unwrap();
    tracing::subscriber::with_default(steeple.tracing_subscriber().unwrap(), || {
        service::serve(steeple.observer(), || {
            let _span = tracing::info_span!("pack").entered();
        });
    });
    assert!(block_on(steeple.flush(DEADLINE)).is_complete());
    assert_eq!(collector.spans().len(), 2);
}

#[test]
fn users_of_the_api_of_opentelemetry_are_below_the_request() {
    let collector = Collector::new();
    let steeple = exporting_to(&collector).build().unwrap();
    let tracer = steeple.tracer_provider().unwrap().tracer("pricing");
    service::serve(steeple.observer(), || {
        let request = current::trace().unwrap().span_id().to_bytes();
        let context = opentelemetry::Context::current();
        let span_id = context.span().span_context().span_id();
        assert_eq!(span_id.to_bytes(), request);
        tracer.in_span("price", |_| {});
    });
    assert!(block_on(steeple.shutdown(DEADLINE)).is_ok());
    let spans = collector.spans();
    let named = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    assert_eq!(
        named("price").parent_span_id,
        named("GET /orders/{id}").span_id
    );
}

#[test]
fn where_nothing_is_exported_nothing_is_recorded_and_the_layer_does_nothing() {
    let steeple = shop()
        .traces(|traces| traces.sampler(Sampler::always_on()))
        .build()
        .unwrap();
    work(&steeple);
    assert!(steeple.otlp().is_none() && steeple.tracing_subscriber().is_none());
    let report = block_on(steeple.shutdown(DEADLINE)).unwrap();
    assert_eq!(report.otlp, None);
}

#[test]
fn what_an_operator_says_alone_turns_it_on() {
    for (variables, paths) in [
        (
            vec!["OTEL_EXPORTER_OTLP_ENDPOINT"],
            vec!["/v1/logs", "/v1/metrics", "/v1/traces"],
        ),
        (vec!["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"], vec!["/"]),
        (
            vec!["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_LOGS_EXPORTER=none"],
            vec!["/v1/metrics", "/v1/traces"],
        ),
    ] {
        let collector = Collector::new();
        let environment: Vec<_> = variables
            .iter()
            .map(|variable| match variable.split_once('=') {
                Some((key, value)) => (key, value.to_owned()),
                None => (*variable, collector.url()),
            })
            .collect();
        let Some(ended) = process::run(&environment, || {
            let steeple = Steeple::builder("shop").without_ops().build().unwrap();
            work(&steeple);
            let report = block_on(steeple.shutdown(DEADLINE)).unwrap();
            assert!(report.otlp.is_some());
        }) else {
            return;
        };
        assert!(ended.success, "{}", ended.said);
        assert_eq!(collector.paths(), paths);
    }
}

#[test]
fn an_exporter_that_an_operator_names_exports_its_signal_alone() {
    let environment = [("OTEL_METRICS_EXPORTER", "otlp")];
    let _ = process::run(&environment, || {
        let steeple = Steeple::builder("shop").without_ops().build().unwrap();
        let otlp = steeple.otlp().unwrap();
        let exported = Signal::ALL.map(|signal| otlp.accounting(signal).is_some());
        assert_eq!(exported, [false, true, false]);
    })
    .inspect(|ended| assert!(ended.success, "{}", ended.said));
}

#[test]
fn the_operator_has_the_last_word() {
    let collector = Collector::new();
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url()),
        ("OTEL_TRACES_SAMPLER", "always_on".to_owned()),
        ("OTEL_SERVICE_NAME", "other".to_owned()),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "service.version=2,team=a%2Cb".to_owned(),
        ),
    ];
    let Some(ended) = process::run(&environment, || {
        let steeple = Steeple::builder("shop")
            .without_ops()
            .otlp(|otlp| otlp.endpoint("http://127.0.0.1:1"))
            .traces(|traces| traces.sampler(Sampler::always_off()))
            .resource_attribute("service.version", "1")
            .build()
            .unwrap();
        work(&steeple);
        assert!(block_on(steeple.shutdown(DEADLINE)).is_ok());
    }) else {
        return;
    };
    assert!(ended.success, "{}", ended.said);
    let resource = collector.resource().attributes;
    for (key, value) in [
        ("service.name", "other"),
        ("service.version", "2"),
        ("team", "a,b"),
    ] {
        assert_eq!(attribute(&resource, key).as_deref(), Some(value));
    }
}

#[test]
fn an_operator_who_wants_exponential_histograms_gets_them() {
    let collector = Collector::new();
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url()),
        (
            "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
            "base2_exponential_bucket_histogram".to_owned(),
        ),
    ];
    let Some(ended) = process::run(&environment, || {
        let steeple = Steeple::builder("shop").without_ops().build().unwrap();
        work(&steeple);
        assert!(block_on(steeple.shutdown(DEADLINE)).is_ok());
    }) else {
        return;
    };
    assert!(ended.success, "{}", ended.said);
    let mut metrics = collector.metrics();
    metrics.retain(|metric| matches!(metric.data, Some(Data::ExponentialHistogram(_))));
    let names: Vec<_> = metrics.iter().map(|metric| &*metric.name).collect();
    for name in ["basket_seconds", "http.server.request.duration"] {
        assert!(names.contains(&name), "{names:?}");
    }
}

#[test]
fn the_operator_can_switch_it_off() {
    let collector = Collector::new();
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url()),
        ("OTEL_SDK_DISABLED", "true".to_owned()),
    ];
    let Some(ended) = process::run(&environment, || {
        let steeple = Steeple::builder("shop").otlp(|otlp| otlp).build().unwrap();
        work(&steeple);
        assert_eq!(block_on(steeple.shutdown(DEADLINE)).unwrap().otlp, None);
    }) else {
        return;
    };
    assert!(ended.success, "{}", ended.said);
    assert!(collector.requests().is_empty());
}

#[test]
fn a_private_instance_is_deaf_to_the_operator() {
    let collector = Collector::new();
    let environment = [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url())];
    let Some(ended) = process::run(&environment, || {
        let steeple = shop().build().unwrap();
        work(&steeple);
        assert_eq!(block_on(steeple.shutdown(DEADLINE)).unwrap().otlp, None);
    }) else {
        return;
    };
    assert!(ended.success, "{}", ended.said);
    assert!(collector.requests().is_empty());
}

#[test]
fn what_is_wrong_is_refused_and_told_without_secrets() {
    for (key, value) in [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "ada:hunter2@collector"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "hunter2"),
        ("OTEL_TRACES_SAMPLER_ARG", "2"),
    ] {
        let environment = [("OTEL_TRACES_SAMPLER", "traceidratio"), (key, value)];
        let Some(ended) = process::run(&environment, || {
            let error = Steeple::builder("shop").build().unwrap_err();
            eprintln!("refused: {}\n{error:?}", process::chain(&error));
        }) else {
            return;
        };
        let said = ended.said;
        assert!(said.contains("refused: ") && said.contains(key), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn the_deadline_is_kept_on_every_runtime_and_what_was_lost_is_told() {
    let deadline = Duration::from_millis(200);
    // Connections are taken, and nothing is ever said.
    let silence = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silence.local_addr().unwrap());
    let instance = || {
        let url = url.clone();
        let steeple = shop().otlp(|otlp| otlp.endpoint(url)).build().unwrap();
        work(&steeple);
        steeple
    };
    let one = runtime::Builder::new_current_thread().build().unwrap();
    let several = runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    let made_on_one_that_is_gone = {
        let gone = runtime::Builder::new_current_thread().build().unwrap();
        gone.block_on(async { instance() })
    };
    let started = Instant::now();
    for end in [
        block_on(instance().shutdown(deadline)),
        block_on(made_on_one_that_is_gone.shutdown(deadline)),
        one.block_on(instance().shutdown(deadline)),
        several.block_on(instance().shutdown(deadline)),
        several.block_on(async { tokio::spawn(instance().shutdown(deadline)).await.unwrap() }),
        actix_web::rt::System::new().block_on(instance().shutdown(deadline)),
    ] {
        let error = end.unwrap_err();
        let report = error.report.otlp.unwrap();
        assert_eq!(
            report.traces.map(|traces| (traces.lost, traces.pending)),
            Some((2, 0))
        );
        assert_eq!(report.logs.map(|logs| logs.lost), Some(1));
        assert!(report.metrics.is_some_and(|metrics| metrics.lost > 0));
        assert!(error.ops.is_none());
    }
    let report = one.block_on(instance().flush(deadline));
    assert!(report.otlp.unwrap().traces.unwrap().pending > 0);
    one.block_on(async { drop(instance()) });
    assert!(started.elapsed() < DEADLINE, "{:?}", started.elapsed());
}

/// Its [documentation](https://www.elastic.co/docs/solutions/observability/apm/opentelemetry/upstream-opentelemetry-collectors-language-sdks)
/// asks for no more.
#[test]
fn elastic_apm_is_told_who_asks_and_what_service_it_is() {
    for authorization in ["ApiKey c2hvcA==", "Bearer secret-token"] {
        let collector = Collector::new();
        let url = collector.url();
        let steeple = shop()
            .otlp(move |otlp| otlp.endpoint(url).header("Authorization", authorization))
            .resource_attribute("service.version", "1.2.3")
            .resource_attribute("deployment.environment.name", "production")
            .build()
            .unwrap();
        work(&steeple);
        assert!(block_on(steeple.shutdown(DEADLINE)).is_ok());
        let requests = collector.requests();
        assert_eq!(collector.paths().len(), 3);
        for request in requests {
            assert_eq!(request.headers["authorization"], authorization);
        }
        let resource = collector.resource().attributes;
        for (key, value) in [
            ("service.name", "shop"),
            ("service.version", "1.2.3"),
            ("deployment.environment", "production"),
        ] {
            assert_eq!(attribute(&resource, key).as_deref(), Some(value));
        }
    }
}

#[cfg(feature = "logs")]
#[test]
fn what_is_logged_is_exported_too() {
    use steeple::logs::{Format, Stdio};

    let collector = Collector::new();
    let steeple = exporting_to(&collector)
        .logs(|logs| logs.to(Stdio::stderr(), Format::Json))
        .build()
        .unwrap();
    let subscriber = registry().with(steeple.log_layer());
    tracing::subscriber::with_default(subscriber, || {
        tracing::warn!(cart = 3, "the disk is nearly full");
    });
    let report = block_on(steeple.flush(DEADLINE));
    assert!(report.is_complete(), "{report:?}");

    let records = collector.log_records();
    let [record] = &records[..] else {
        panic!("{records:?}")
    };
    assert_eq!(record.severity_text, "WARN");
    assert!(format!("{:?}", record.body).contains("the disk is nearly full"));
    let cart = attribute(&record.attributes, "cart").unwrap();
    assert!(cart.contains("IntValue(3)"), "{cart}");
    assert_eq!(attribute(&record.attributes, "service.name"), None);
    let now = std::time::SystemTime::now();
    let now = now
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_nanos();
    let age = now - u128::from(record.time_unix_nano);
    assert!(age < DEADLINE.as_nanos(), "{age}");
    block_on(steeple.shutdown(DEADLINE)).unwrap();
}

#[cfg(feature = "logs")]
#[test]
fn what_is_left_out_of_the_log_has_its_spans_exported() {
    use steeple::logs::{Format, RollingFile};

    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("shop.log");
    let (collector, destination) = (Collector::new(), RollingFile::new(&file));
    let steeple = exporting_to(&collector)
        .logs(move |logs| {
            let logs = logs.levels("warn".parse().unwrap());
            logs.to(destination, Format::Json)
        })
        .build()
        .unwrap();
    let subscriber = registry()
        .with(steeple.log_layer())
        .with(steeple.tracing_layer());
    tracing::subscriber::with_default(subscriber, || {
        service::serve(steeple.observer(), || {
            let _span = tracing::info_span!("pack").entered();
            tracing::info!("a box is found");
            tracing::warn!("it is small");
        });
    });
    assert!(block_on(steeple.flush(DEADLINE)).is_complete());
    let log = std::fs::read_to_string(file).unwrap();
    assert!(
        log.contains("it is small") && !log.contains("a box is found"),
        "{log}"
    );
    let spans = collector.spans();
    let names: Vec<_> = spans.iter().map(|span| &*span.name).collect();
    assert_eq!(names, ["pack", "GET /orders/{id}"]);
}
