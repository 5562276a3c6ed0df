//! Backends that misbehave: everything arrives or is counted, exactly.

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use metrics::with_local_recorder;
use steeple_metrics::{Registry, Value};
use steeple_otlp::{
    Accounting, DropReason, LogRecord, Otlp, OtlpBuilder, Protocol, RetryPolicy, Severity, Signal,
};

use crate::{
    signals::end_spans,
    sink::{
        Answer::{self, Body, Drip, Huge, Reset, Stall, Status},
        PATIENCE, Sink,
    },
};

fn quick() -> RetryPolicy {
    RetryPolicy::default().initial_backoff(Duration::from_millis(10))
}

/// The same, where what stalls is given up soon.
fn quick_with(answer: &Answer) -> RetryPolicy {
    match answer {
        Stall => quick().attempt_timeout(Duration::from_millis(300)),
        _ => quick(),
    }
}

/// Whether there are two attempts that fail and one that does not. It takes longer than one that stalls if the machine is busy.
fn is_third_time_lucky(attempts: usize, answer: &Answer) -> bool {
    attempts == 3 || attempts > 3 && matches!(answer, Stall)
}

/// One that exports this signal alone.
fn of(signal: Signal, sink: &Sink) -> OtlpBuilder {
    let others = Signal::ALL.into_iter().filter(|other| *other != signal);
    let builder = Otlp::builder().endpoint(sink.url()).retry(quick());
    others.fold(builder, OtlpBuilder::without)
}

/// Queues two spans or two log records; of metrics, a flush queues those of the export.
fn push(otlp: &Otlp, signal: Signal) {
    match signal {
        Signal::Traces => end_spans(otlp, 2),
        Signal::Logs => {
            for body in ["one", "two"] {
                otlp.logs()
                    .unwrap()
                    .emit(&LogRecord::new(Severity::Info, body));
            }
        }
        Signal::Metrics => {}
    }
}

fn balanced(otlp: &Otlp, signal: Signal) -> Accounting {
    let figures = otlp.accounting(signal).unwrap();
    let settled = figures.exported + figures.dropped_total();
    assert_eq!(figures.created, settled + figures.queued, "{figures:?}");
    assert!(figures.created >= 2);
    figures
}

#[test]
fn what_can_be_tried_again_arrives() {
    for signal in Signal::ALL {
        for answer in [
            Status(429, ""),
            Status(502, ""),
            Status(503, ""),
            Status(504, ""),
            Stall,
            Reset,
        ] {
            let sink = Sink::answering([answer.clone(), answer.clone()]);
            let builder = of(signal, &sink).retry(quick_with(&answer));
            let otlp = builder.start(Registry::new()).unwrap();
            push(&otlp, signal);
            let _ = otlp.flush_blocking(PATIENCE);
            let figures = balanced(&otlp, signal);
            assert_eq!(figures.exported, figures.created, "{signal:?} {answer:?}");
            let requests = sink.requests();
            assert!(
                is_third_time_lucky(requests.len(), &answer),
                "{signal:?} {answer:?}: {}",
                requests.len()
            );
            assert!(
                requests
                    .iter()
                    .all(|request| request.body == requests[0].body)
            );
        }
    }
}

#[test]
fn an_answer_that_does_not_end_is_a_success_and_not_waited_for() {
    for signal in Signal::ALL {
        for answer in [Drip, Huge] {
            let sink = Sink::answering([answer.clone()]);
            let builder = of(signal, &sink).retry(RetryPolicy::default());
            let otlp = builder.start(Registry::new()).unwrap();
            push(&otlp, signal);
            let started = Instant::now();
            let _ = otlp.flush_blocking(PATIENCE);
            let figures = balanced(&otlp, signal);
            assert_eq!(figures.exported, figures.created, "{signal:?} {answer:?}");
            assert!(started.elapsed() < Duration::from_secs(9), "{answer:?}");
            assert_eq!(sink.requests().len(), 1);
        }
    }
}

#[test]
fn what_is_refused_for_good_is_dropped_and_counted() {
    for signal in Signal::ALL {
        for status in [302, 400, 401, 404, 413, 500, 501] {
            let sink = Sink::answering([Status(status, "location: http://127.0.0.1:1/\r\n")]);
            let otlp = of(signal, &sink).start(Registry::new()).unwrap();
            push(&otlp, signal);
            let _ = otlp.flush_blocking(PATIENCE);
            let figures = balanced(&otlp, signal);
            assert_eq!(figures.dropped(DropReason::ExporterFailed), figures.created);
            assert_eq!(sink.requests().len(), 1, "{signal:?} {status}");
            // The next ones arrive.
            push(&otlp, signal);
            let _ = otlp.flush_blocking(PATIENCE);
            assert!(balanced(&otlp, signal).exported >= 2);
        }
    }
}

/// What a backend answers that rejects two items, by protocol and signal.
fn two_rejected(protocol: Protocol, signal: Signal) -> Answer {
    Body(match protocol {
        Protocol::HttpJson => {
            let items = match signal {
                Signal::Traces => "rejectedSpans",
                Signal::Metrics => "rejectedDataPoints",
                Signal::Logs => "rejectedLogRecords",
            };
            format!(r#"{{"partialSuccess":{{"{items}":"2","errorMessage":"why"}}}}"#).into_bytes()
        }
        // The message has field 1, a message with field 1, a number, and field 2, a text.
        _ => b"\x0a\x07\x08\x02\x12\x03why".to_vec(),
    })
}

#[test]
fn what_is_rejected_out_of_a_request_is_dropped_and_counted() {
    for signal in Signal::ALL {
        #[cfg_attr(not(feature = "grpc"), expect(unused_mut))]
        let mut sinks = Vec::from(
            [Protocol::HttpProtobuf, Protocol::HttpJson]
                .map(|protocol| (protocol, Sink::answering([two_rejected(protocol, signal)]))),
        );
        #[cfg(feature = "grpc")]
        sinks.push((Protocol::Grpc, crate::grpc::answering([Body(vec![0; 2])])));
        for (protocol, sink) in sinks {
            let registry = Registry::new();
            let builder = of(signal, &sink).protocol(protocol);
            let otlp = builder.start(registry.clone()).unwrap();
            push(&otlp, signal);
            push(&otlp, signal);
            let _ = otlp.flush_blocking(PATIENCE);
            let figures = balanced(&otlp, signal);
            assert_eq!(figures.dropped(DropReason::Rejected), 2, "{protocol:?}");
            assert_eq!(figures.exported, figures.created - 2, "{protocol:?}");
            let pipeline = format!("otlp_{}", signal.as_str());
            let labels = [("pipeline", &*pipeline), ("reason", "rejected")];
            let dropped = registry.snapshot();
            let dropped = dropped.value("steeple_pipeline_dropped_total", &labels);
            assert_eq!(dropped.and_then(Value::as_counter), Some(2));
        }
    }
}

#[cfg(feature = "grpc")]
#[test]
fn statuses_of_grpc_are_judged_as_the_protocol_has_it() {
    use tonic::Code;

    for (code, is_tried_again) in [
        (Code::Unavailable, true),
        (Code::DeadlineExceeded, true),
        (Code::Aborted, true),
        (Code::ResourceExhausted, false),
        (Code::InvalidArgument, false),
        (Code::Unauthenticated, false),
        (Code::Internal, false),
    ] {
        let sink = crate::grpc::answering([Status(code as u16, "")]);
        let builder = of(Signal::Logs, &sink).protocol(Protocol::Grpc);
        let otlp = builder.start(Registry::new()).unwrap();
        push(&otlp, Signal::Logs);
        let _ = otlp.flush_blocking(PATIENCE);
        let figures = balanced(&otlp, Signal::Logs);
        let exported = if is_tried_again { 2 } else { 0 };
        assert_eq!(figures.exported, exported, "{code:?}");
        assert_eq!(figures.dropped(DropReason::ExporterFailed), 2 - exported);
    }
}

#[test]
fn a_wish_for_a_pause_is_kept() {
    for status in [429, 503] {
        let sink = Sink::answering([Status(status, "retry-after: 1\r\n")]);
        let otlp = of(Signal::Traces, &sink).start(Registry::new()).unwrap();
        push(&otlp, Signal::Traces);
        assert!(otlp.flush_blocking(PATIENCE).is_complete());
        let requests = sink.requests();
        assert_eq!(requests.len(), 2);
        let pause = requests[1].came - requests[0].came;
        assert!(pause >= Duration::from_secs(1), "{pause:?}");
    }
}

#[test]
fn export_resumes_within_ten_seconds_of_the_return_of_the_backend() {
    // Nobody listens, then somebody asks for a pause of an hour, then all is well.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = gone.local_addr().unwrap();
    drop(gone);
    let otlp = Otlp::builder()
        .endpoint(format!("http://{address}"))
        .without(Signal::Metrics)
        .start(Registry::new())
        .unwrap();
    push(&otlp, Signal::Traces);
    push(&otlp, Signal::Logs);
    let _ = otlp.flush_blocking(Duration::from_secs(1));
    for signal in [Signal::Traces, Signal::Logs] {
        assert_eq!(balanced(&otlp, signal).queued, 2);
    }
    let sink = Sink::at(address, [Status(503, "retry-after: 3600\r\n")]);
    let returned = Instant::now();
    let _ = otlp.flush_blocking(PATIENCE);
    // One of the two signals was asked to wait.
    assert!(
        returned.elapsed() < Duration::from_secs(21),
        "{:?}",
        returned.elapsed()
    );
    let first = sink.requests()[0].came - returned;
    assert!(first < Duration::from_secs(10), "{first:?}");
    for signal in [Signal::Traces, Signal::Logs] {
        assert_eq!(balanced(&otlp, signal).exported, 2);
    }
}

#[test]
fn what_waits_is_bounded_and_what_finds_no_room_is_lost_and_counted() {
    let sink = Sink::answering(vec![Stall; 100]);
    let otlp = of(Signal::Logs, &sink)
        .retry(RetryPolicy::default())
        .start(Registry::new())
        .unwrap();
    let logs = otlp.logs().unwrap();
    let record = LogRecord::new(Severity::Info, "x".repeat(1 << 16));
    for _ in 0..1_000 {
        logs.emit(&record);
        assert!(otlp.accounting(Signal::Logs).unwrap().queued_bytes <= 8 << 20);
    }
    logs.skip(DropReason::RateLimited);
    let figures = balanced(&otlp, Signal::Logs);
    assert_eq!(figures.created, 1_001);
    assert!(figures.dropped(DropReason::QueueFull) > 800, "{figures:?}");
    assert!(figures.queued > 100, "{figures:?}");
    let report = otlp.shutdown_blocking(Duration::ZERO).logs.unwrap();
    assert_eq!((report.exported, report.lost), (0, figures.queued));
}

#[test]
fn a_backend_that_stalls_takes_nothing_from_the_time_of_the_others() {
    let (stalled, sink) = (Sink::answering(vec![Stall; 100]), Sink::new());
    let deadline = Duration::from_secs(5);
    let otlp = Otlp::builder()
        .endpoint(sink.url())
        .signal(
            Signal::Traces,
            steeple_otlp::Delivery::new().endpoint(stalled.url()),
        )
        .start(Registry::new())
        .unwrap();
    for signal in Signal::ALL {
        push(&otlp, signal);
    }
    let started = Instant::now();
    let report = otlp.shutdown_blocking(deadline);
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(report.traces.unwrap().lost, 2);
    assert!(report.logs.unwrap().is_complete(), "{report:?}");
    assert!(report.metrics.unwrap().is_complete(), "{report:?}");
}

#[test]
fn the_figures_of_the_export_are_in_the_registry_and_in_no_other() {
    let (sink, registry, other) = (Sink::new(), Registry::new(), Registry::new());
    let otlp = with_local_recorder(&other, || {
        let otlp = of(Signal::Traces, &sink).start(registry.clone());
        let otlp = otlp.unwrap();
        push(&otlp, Signal::Traces);
        otlp
    });
    assert!(otlp.shutdown_blocking(PATIENCE).is_complete());
    for (registry, exported) in [(registry, Some(2)), (other, None)] {
        let snapshot = registry.snapshot();
        let labels = [("pipeline", "otlp_traces")];
        let value = snapshot.value("steeple_pipeline_exported_total", &labels);
        assert_eq!(value.and_then(Value::as_counter), exported);
    }
}
