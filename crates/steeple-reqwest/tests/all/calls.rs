use std::{future, net::TcpListener, time::Duration};

use async_trait::async_trait;
use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{ClientBuilder, Error, Middleware, Next};
use steeple_core::{HttpVersion, Propagators, RequestHead, Sampler, TraceConfig, current};

use crate::stage::{Call, Stage};

/// Sends what the server could not answer once more.
struct Again;

#[async_trait]
impl Middleware for Again {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response, Error> {
        let again = request.try_clone().unwrap();
        let first = next.clone().run(request, extensions).await?;
        if !first.status().is_server_error() {
            return Ok(first);
        }
        next.run(again, extensions).await
    }
}

#[tokio::test]
async fn a_job_its_call_and_the_request_that_it_makes_are_one_trace() {
    let stage = Stage::new().await;
    let calling = async {
        let response = stage.client().get(stage.url("/hello")).send().await;
        response.unwrap().text().await.unwrap()
    };
    let text = stage.observer.observe("job", "calls").instrument(calling);
    assert_eq!(text.await, "hello");
    let (jobs, calls) = (stage.records.jobs(), stage.records.calls());
    let served = stage.served.requests();
    let [call] = &calls[..] else {
        panic!("{calls:?}")
    };
    let trace = call.trace.unwrap();
    assert_eq!(trace.trace_id(), jobs[0].trace_id());
    assert_eq!(trace.parent_span_id(), Some(jobs[0].span_id()));
    assert_eq!(served[0].trace_id(), jobs[0].trace_id());
    assert_eq!(served[0].parent_span_id(), Some(trace.span_id()));
    assert!(call.recorded && served[0].is_sampled());
}

#[tokio::test]
async fn a_call_outside_of_everything_begins_a_trace() {
    let stage = Stage::new().await;
    let response = stage.client().get(stage.url("/hello")).send().await;
    drop(response.unwrap());
    let trace = stage.records.calls()[0].trace.unwrap();
    assert_eq!(trace.parent_span_id(), None);
    let served = stage.served.requests();
    assert_eq!(served[0].parent_span_id(), Some(trace.span_id()));
}

#[tokio::test]
async fn what_is_not_recorded_is_told_on_as_such() {
    let stage = Stage::with(TraceConfig::new().sampler(Sampler::always_off())).await;
    let response = stage.client().get(stage.url("/hello")).send().await;
    drop(response.unwrap());
    let call = &stage.records.calls()[0];
    let served = stage.served.requests()[0];
    assert!(!call.recorded && !served.is_sampled());
    assert_eq!(served.trace_id(), call.trace.unwrap().trace_id());
}

#[tokio::test]
async fn hosts_that_are_not_on_the_list_are_told_nothing() {
    let all = "traceparent tracestate baggage b3";
    for (hosts, expected) in [(&["payments"][..], ""), (&["payments", "127.0.0.1"], all)] {
        let formats = Propagators::parse("tracecontext,baggage,b3", |unknown| panic!("{unknown}"));
        let config = TraceConfig::new().propagators(formats);
        let stage = Stage::with(config.propagate_to(hosts.iter().copied())).await;
        // A caller that told of all that there is to tell on.
        let mut observation = stage.observer.start(&RequestHead {
            method: "GET",
            scheme: None,
            version: HttpVersion::Http11,
            route: None,
            headers: &[
                (
                    "traceparent",
                    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                ),
                ("tracestate", "vendor=1"),
                ("baggage", "user=ada"),
            ],
            body_size: None,
            details: &Default::default,
        });
        let calling = async {
            let response = stage.client().get(stage.url("/fields")).send().await;
            response.unwrap().text().await.unwrap()
        };
        let calling = observation.run(|| current::carry(calling)).unwrap();
        let fields = calling.await;
        let heard = Vec::from_iter(fields.split(' '));
        let names = stage.observer.trace_header_names();
        let told = Vec::from_iter(names.filter(|name| heard.contains(name)));
        assert_eq!(told.join(" "), expected, "{hosts:?}");
    }
}

#[tokio::test]
async fn attempts_are_spans_of_their_own_and_told_apart() {
    let stage = Stage::new().await;
    let client = stage.behind(ClientBuilder::new(reqwest::Client::new()).with(Again));
    let get = client.get(stage.url("/unsteady"));
    let calling = async { get.send().await.unwrap().status() };
    let status = stage.observer.observe("job", "calls").instrument(calling);
    assert_eq!(status.await, 200);
    let calls = stage.records.calls();
    let seen = |call: &Call| (call.resend_count, call.status);
    assert_eq!(
        Vec::from_iter(calls.iter().map(seen)),
        [(0, Some(503)), (1, Some(200))]
    );
    let job = stage.records.jobs()[0];
    for (call, served) in calls.iter().zip(stage.served.requests()) {
        let trace = call.trace.unwrap();
        assert_eq!(trace.parent_span_id(), Some(job.span_id()));
        assert_eq!(served.parent_span_id(), Some(trace.span_id()));
    }
}

#[tokio::test]
async fn a_call_lasts_until_its_body_is_read_or_dropped() {
    let stage = Stage::new().await;
    let mut response = stage
        .client()
        .get(stage.url("/hello"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.content_length(), Some(5));
    assert_eq!(response.url().as_str(), stage.url("/hello"));
    assert_eq!(stage.records.calls(), []);
    assert_eq!(
        response.chunk().await.unwrap().as_deref(),
        Some(&b"hello"[..])
    );
    assert_eq!(stage.records.calls().len(), 1);
    let unread = stage
        .client()
        .get(stage.url("/hello"))
        .send()
        .await
        .unwrap();
    drop(unread);
    let calls = stage.records.calls();
    assert_eq!((calls.len(), calls[1].error_type.clone()), (2, None));
}

#[tokio::test]
async fn what_goes_wrong_is_named() {
    let stage = Stage::new().await;
    let client = stage.client();
    let missing = client.get(stage.url("/missing")).send().await.unwrap();
    assert_eq!(missing.status(), 404);
    drop(missing);
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    let refused = client.get(format!("http://{}", nobody.unwrap()));
    refused.send().await.unwrap_err();
    let never = client.get(stage.url("/never"));
    let late = never.timeout(Duration::from_millis(50)).send();
    late.await.unwrap_err();
    let never = client.get(stage.url("/never")).send();
    // It is polled once, so it is on its way.
    tokio::select! {
        biased;
        _ = never => panic!("it answered"),
        () = future::ready(()) => {}
    }
    let calls = stage.records.calls();
    let seen = |call: &Call| (call.status, call.error_type.clone().unwrap());
    assert_eq!(
        Vec::from_iter(calls.iter().map(seen)),
        [
            (Some(404), "404".to_owned()),
            (None, "connect".to_owned()),
            (None, "timeout".to_owned()),
            (None, "cancelled".to_owned()),
        ]
    );
}

#[tokio::test]
async fn calls_are_counted_by_method_server_and_status() {
    let stage = Stage::new().await;
    for path in ["/hello", "/hello", "/missing"] {
        let response = stage.client().get(stage.url(path)).send().await.unwrap();
        response.text().await.unwrap();
    }
    let text = stage.registry.render();
    let counts = text
        .lines()
        .filter(|line| line.starts_with("http_client_request_duration_seconds_count"));
    let port = stage.address.port();
    let labels = |status, error| {
        [
            "http_request_method=\"GET\"".to_owned(),
            format!("http_response_status_code=\"{status}\""),
            "network_protocol_version=\"1.1\"".to_owned(),
            "server_address=\"127.0.0.1\"".to_owned(),
            format!("server_port=\"{port}\""),
            "url_scheme=\"http\"".to_owned(),
            error,
        ]
    };
    let expected = [
        (labels(200, "} 2".to_owned()), false),
        (labels(404, "} 1".to_owned()), true),
    ];
    let counts = Vec::from_iter(counts);
    assert_eq!(counts.len(), 2, "{counts:?}");
    for (labels, failed) in expected {
        let line = counts
            .iter()
            .find(|line| labels.iter().all(|label| line.contains(label)));
        let line = line.unwrap_or_else(|| panic!("{labels:?}: {counts:?}"));
        assert_eq!(line.contains("error_type=\"404\""), failed, "{line}");
    }
}
