//! What is kept once it is known how requests end.

use std::{
    thread,
    time::{Duration, Instant},
};

use steeple_core::{
    HttpVersion, Observation, Outcome, OutgoingHead, ResponseHead, RoutePolicy, Sampler, Scheme,
    TraceConfig, current,
    pipeline::{Accounting, Budget, DropReason},
};
use steeple_metrics::Value;
use steeple_otlp::{Otlp, Signal, TailSampling};
use tracing::{Span, dispatcher, info_span};

use super::{Details, Service};

fn service(sampling: TailSampling) -> Service {
    configured(sampling, TraceConfig::new())
}

fn configured(sampling: TailSampling, config: TraceConfig) -> Service {
    let otlp = Otlp::builder().tail_sampling(sampling);
    Service::exporting(otlp, config, |observer| {
        let quiet = RoutePolicy::new().sampler(Sampler::always_off());
        observer
            .route("/quiet", quiet)
            .route("/ignored", RoutePolicy::new().ignore())
    })
}

fn respond(observation: &mut Observation, status: u16, body_size: Option<u64>) {
    observation.respond(&ResponseHead {
        status,
        headers: &(),
        body_size,
    });
}

/// A span of the request, which is open.
fn span_in(service: &Service, observation: &mut Observation) -> Span {
    let mut span = Span::none();
    let subscriber = service.subscriber();
    dispatcher::with_default(&subscriber, || {
        observation.run(|| span = info_span!("child")).unwrap();
    });
    span
}

impl Service {
    fn to_route(&self, route: &'static str) -> Observation {
        let details = Details {
            route: Some(route),
            ..Details::default()
        };
        self.request("GET", HttpVersion::Http11, &(), &details)
    }

    fn answer(&self, status: u16) {
        respond(&mut self.start(&()), status, Some(0));
    }

    fn names(&self) -> Vec<String> {
        self.spans().into_iter().map(|span| span.name).collect()
    }

    fn figures(&self) -> Accounting {
        self.otlp.accounting(Signal::Traces).unwrap()
    }

    /// How many were exported, and how many dropped for their sampling, when all are.
    #[track_caller]
    fn exported_and_sampled(&self) -> (u64, u64) {
        let exported = self.spans().len() as u64;
        let figures = self.figures();
        assert_eq!(exported, figures.exported);
        let sampled = figures.dropped(DropReason::Sampled);
        assert_eq!(figures.created, exported + sampled, "{figures:?}");
        (exported, sampled)
    }
}

/// Requests that end in every way.
fn ends() -> [(Outcome, fn(Observation)); 8] {
    let broken = |mut observation: Observation| {
        respond(&mut observation, 200, None);
        observation.fail("broken");
    };
    [
        (Outcome::Success, |mut observation| {
            respond(&mut observation, 200, Some(0));
        }),
        (Outcome::ClientError, |mut observation| {
            respond(&mut observation, 404, Some(0));
        }),
        (Outcome::ServerError, |mut observation| {
            respond(&mut observation, 500, Some(0));
        }),
        (Outcome::Panicked, |mut observation| {
            assert!(observation.run(|| panic!("on purpose")).is_err());
            respond(&mut observation, 500, Some(0));
        }),
        (Outcome::CancelledBeforeHead, drop),
        (Outcome::CancelledInBody, |mut observation| {
            respond(&mut observation, 200, None);
        }),
        (Outcome::BodyError, broken),
        (Outcome::TimedOut, |mut observation| {
            observation.run(current::timed_out).unwrap();
            respond(&mut observation, 503, Some(0));
        }),
    ]
}

#[test]
fn what_goes_wrong_is_kept_and_nothing_else() {
    for (outcome, end) in ends() {
        let service = service(TailSampling::ratio(0.0));
        end(service.start(&()));
        let kept = !matches!(outcome, Outcome::Success | Outcome::ClientError);
        let expected = if kept { (1, 0) } else { (0, 1) };
        assert_eq!(service.exported_and_sampled(), expected, "{outcome}");
    }
}

#[test]
fn what_is_always_kept_can_be_chosen() {
    for (outcome, end) in ends() {
        let sampling = TailSampling::ratio(0.0)
            .always(Outcome::ClientError)
            .by_ratio(Outcome::CancelledInBody)
            .by_ratio(Outcome::CancelledBeforeHead);
        let service = service(sampling);
        end(service.start(&()));
        let dropped = [
            Outcome::Success,
            Outcome::CancelledInBody,
            Outcome::CancelledBeforeHead,
        ];
        let expected = if dropped.contains(&outcome) {
            (0, 1)
        } else {
            (1, 0)
        };
        assert_eq!(service.exported_and_sampled(), expected, "{outcome}");
    }
}

#[test]
fn jobs_are_kept_by_how_they_end() {
    let service = service(TailSampling::ratio(0.0));
    drop(service.observer.observe("queue", "cancelled"));
    service.observer.observe("queue", "fine").run(|| ());
    assert_eq!(service.names(), ["queue cancelled"]);
    assert_eq!(service.exported_and_sampled(), (1, 1));
}

#[test]
fn the_rest_is_kept_by_ratio_and_that_of_its_route() {
    fastrand::seed(7);
    let sampling = TailSampling::ratio(0.1)
        .route("/all", 1.0)
        .route("/none", 0.0);
    let service = service(sampling);
    let requests = 10_000;
    for _ in 0..requests {
        service.answer(200);
    }
    let kept = requests - service.figures().dropped(DropReason::Sampled);
    let sigma = (requests as f64 * 0.1 * 0.9).sqrt();
    assert!((kept as f64 - 1_000.0).abs() < 3.0 * sigma, "{kept}");
    for (route, kept_more) in [("/all", 10), ("/none", 0)] {
        let before = service.figures();
        for _ in 0..10 {
            respond(&mut service.to_route(route), 200, Some(0));
        }
        let sampled = |figures: &Accounting| figures.dropped(DropReason::Sampled);
        let dropped = sampled(&service.figures()) - sampled(&before);
        assert_eq!(dropped, 10 - kept_more, "{route}");
    }
}

#[test]
fn what_the_head_sampler_does_not_record_is_not_kept_however_it_ends() {
    let config = TraceConfig::new().sampler(Sampler::always_off());
    let service = configured(TailSampling::ratio(1.0), config);
    service.answer(500);
    assert_eq!(service.exported_and_sampled(), (0, 1));
}

#[test]
fn what_is_slower_than_the_bound_is_kept() {
    for (bound, expected) in [
        (Duration::ZERO, (1, 0)),
        (Duration::from_secs(3_600), (0, 1)),
    ] {
        let service = service(TailSampling::ratio(0.0).slower_than(bound));
        service.answer(200);
        assert_eq!(service.exported_and_sampled(), expected);
    }
}

#[test]
fn what_is_slow_for_its_route_is_kept() {
    let service = service(TailSampling::ratio(0.0).slower_than_p99_of_route());
    for _ in 0..2_000 {
        respond(&mut service.to_route("/quick"), 200, Some(0));
    }
    let hiccups = service.exported_and_sampled().0;
    assert!(hiccups < 200, "{hiccups}");
    for route in ["/quick", "/new"] {
        let mut slow = service.to_route(route);
        let started = Instant::now();
        while started.elapsed() < Duration::from_millis(300) {
            thread::sleep(Duration::from_millis(300));
        }
        respond(&mut slow, 200, Some(0));
    }
    let long = |span: &opentelemetry_proto::tonic::trace::v1::Span| {
        span.end_time_unix_nano - span.start_time_unix_nano >= 300_000_000
    };
    let spans = service.spans();
    let slow: Vec<_> = spans.iter().filter(|span| long(span)).collect();
    assert!(!slow.is_empty());
    let of_new = slow.iter().any(|span| span.name != "GET /quick");
    assert!(!of_new, "of a new route nothing is known");
}

#[test]
fn spans_that_end_on_other_threads_wait_for_the_request_and_share_its_fate() {
    for (status, expected) in [(500, (3, 0)), (200, (0, 3))] {
        let service = service(TailSampling::ratio(0.0));
        let mut observation = service.start(&());
        let elsewhere = span_in(&service, &mut observation);
        let within = span_in(&service, &mut observation);
        observation.run(|| drop(within)).unwrap();
        thread::spawn(|| drop(elsewhere)).join().unwrap();
        assert_eq!(service.figures().created, 0, "nothing is decided");
        respond(&mut observation, status, Some(0));
        assert_eq!(service.exported_and_sampled(), expected);
        let spans = service.spans();
        let traces = spans.iter().map(|span| &span.trace_id);
        assert!(traces.eq(spans.iter().map(|_| &spans[0].trace_id)));
    }
}

#[test]
fn spans_that_end_after_the_request_are_kept_if_it_was() {
    for (status, expected) in [(500, (2, 0)), (200, (0, 2))] {
        let service = service(TailSampling::ratio(0.0));
        let mut observation = service.start(&());
        let late = span_in(&service, &mut observation);
        respond(&mut observation, status, Some(0));
        drop(observation);
        let first = service.exported_and_sampled();
        assert_eq!(first, (expected.0 / 2, expected.1 / 2));
        drop(late);
        assert_eq!(service.exported_and_sampled(), expected);
    }
}

#[test]
fn spans_of_which_the_decision_is_forgotten_are_dropped_and_counted() {
    let service = service(TailSampling::ratio(0.0));
    let mut observation = service.start(&());
    let late = span_in(&service, &mut observation);
    respond(&mut observation, 500, Some(0));
    for _ in 0..2 * 8_192 {
        service.answer(200);
    }
    drop(late);
    assert_eq!(service.exported_and_sampled(), (1, 2 * 8_192 + 1));
}

#[test]
fn a_trace_outside_of_any_request_is_kept_if_its_first_span_failed() {
    let service = service(TailSampling::ratio(0.0));
    dispatcher::with_default(&service.subscriber(), || {
        for failed in [true, false] {
            let first = info_span!("first", failed).entered();
            drop(info_span!("child"));
            if failed {
                tracing::error!("on purpose");
            }
            drop(first);
        }
    });
    assert_eq!(service.names(), ["first", "child"]);
    assert_eq!(service.exported_and_sampled(), (2, 2));
}

#[test]
fn a_call_outside_of_any_request_is_kept_if_it_failed_and_not_if_it_was_cancelled() {
    let head = OutgoingHead {
        method: "GET",
        scheme: Scheme::Http,
        host: "shop.example",
        port: None,
        path: "/",
        query: None,
        headers: &(),
        resend_count: 0,
    };
    let service = service(TailSampling::ratio(0.0));
    drop(service.observer.call(&head));
    assert_eq!(service.exported_and_sampled(), (0, 1));
    service.observer.call(&head).fail("connect");
    assert_eq!(service.exported_and_sampled(), (1, 1));
    let mut unavailable = service.observer.call(&OutgoingHead {
        headers: &[("content-type", "application/grpc")],
        ..head
    });
    unavailable.respond(200, HttpVersion::Http2, &[("grpc-status", "14")]);
    drop(unavailable);
    assert_eq!(service.exported_and_sampled(), (2, 1));
}

#[test]
fn those_that_are_called_are_told_that_the_trace_is_recorded_while_nothing_is_decided() {
    let service = service(TailSampling::ratio(0.0));
    let mut observation = service.start(&());
    let mut told = Vec::new();
    let mut set = |name: &str, value: &str| told.push(format!("{name}: {value}"));
    observation.run(|| current::inject(&mut set)).unwrap();
    assert!(told[0].starts_with("traceparent: 00-"), "{told:?}");
    assert!(
        told[0].ends_with("-01") || told[0].ends_with("-03"),
        "{told:?}"
    );
    respond(&mut observation, 200, Some(0));
    assert_eq!(service.exported_and_sampled(), (0, 1));
}

#[test]
fn spans_of_a_request_that_its_late_route_does_not_record_are_counted() {
    for (route, spans) in [("/quiet", 3), ("/ignored", 2)] {
        let service = service(TailSampling::ratio(1.0));
        let mut observation = service.request(
            "GET",
            HttpVersion::Http11,
            &(),
            &Details {
                route: None,
                ..Details::default()
            },
        );
        let elsewhere = span_in(&service, &mut observation);
        let within = span_in(&service, &mut observation);
        let late = span_in(&service, &mut observation);
        observation.run(|| drop(within)).unwrap();
        drop(elsewhere);
        observation.run(|| current::route(route)).unwrap();
        respond(&mut observation, 500, Some(0));
        assert_eq!(service.exported_and_sampled(), (0, spans), "{route}");
        drop(late);
        assert_eq!(service.exported_and_sampled(), (0, spans + 1), "{route}");
    }
}

#[test]
fn spans_for_which_there_is_no_room_are_dropped_and_counted() {
    let (within, elsewhere) = (Budget::new(8 << 10), Budget::new(8 << 10));
    let service = configured(
        TailSampling::ratio(0.0).held(elsewhere.clone()),
        TraceConfig::new().held(within.clone()),
    );
    let mut open: Vec<_> = (0..4).map(|_| service.start(&())).collect();
    for observation in &mut open {
        for _ in 0..100 {
            let span = span_in(&service, observation);
            observation.run(|| drop(span)).unwrap();
            drop(span_in(&service, observation));
        }
    }
    for budget in [&within, &elsewhere] {
        assert!(budget.used() > budget.limit() / 2 && budget.used() <= budget.limit());
    }
    let no_room = service.figures().dropped(DropReason::BudgetExhausted);
    assert!((500..800).contains(&no_room), "{no_room}");
    drop(open);
    let figures = service.figures();
    assert_eq!(figures.created, 4 + 800);
    assert_eq!(figures.dropped_total(), no_room);
    assert_eq!(service.spans().len() as u64, 804 - no_room);
    assert_eq!(elsewhere.used(), 0);
}

#[test]
fn what_is_held_at_the_end_is_counted() {
    let service = service(TailSampling::ratio(1.0));
    let mut observation = service.start(&());
    let late = span_in(&service, &mut observation);
    drop(span_in(&service, &mut observation));
    let Service {
        otlp,
        observer,
        registry,
        ..
    } = service;
    let dropped = |reason: DropReason| {
        let labels = [("pipeline", "otlp_traces"), ("reason", reason.as_str())];
        let snapshot = registry.snapshot();
        let dropped = snapshot.value("steeple_pipeline_dropped_total", &labels);
        dropped.and_then(Value::as_counter)
    };
    let _ = otlp.shutdown_blocking(Duration::from_secs(30));
    assert_eq!(dropped(DropReason::Shutdown), Some(1));
    drop(late);
    respond(&mut observation, 500, Some(0));
    drop(observer);
    assert_eq!(dropped(DropReason::NotRunning), Some(2));
}

#[test]
fn threads_account_for_every_span_and_the_memory_stays_flat() {
    const THREADS: u64 = 4;
    const REQUESTS: u64 = 500;
    let (within, elsewhere) = (Budget::new(32 << 20), Budget::new(32 << 20));
    let service = configured(
        TailSampling::ratio(0.5)
            .held(elsewhere.clone())
            .slower_than_p99_of_route(),
        TraceConfig::new().held(within.clone()),
    );
    let (send, receive) = std::sync::mpsc::channel::<Span>();
    thread::scope(|scope| {
        // Spans that end here do so before, while and after their requests do.
        scope.spawn(|| receive.into_iter().for_each(drop));
        for _ in 0..THREADS {
            let (send, service, within) = (send.clone(), &service, &within);
            scope.spawn(move || {
                for number in 0..REQUESTS {
                    let mut observation = service.start(&());
                    send.send(span_in(service, &mut observation)).unwrap();
                    let span = span_in(service, &mut observation);
                    observation.run(|| drop(span)).unwrap();
                    let status = if number % 50 == 0 { 500 } else { 200 };
                    respond(&mut observation, status, Some(0));
                    assert!(within.used() <= THREADS as usize * (64 << 10));
                }
            });
        }
        drop(send);
    });
    assert_eq!(elsewhere.used(), 0);
    let (exported, sampled) = service.exported_and_sampled();
    assert_eq!(exported + sampled, THREADS * REQUESTS * 3);
    assert!(exported > 0 && sampled > 0 && exported % 3 == 0);
}
