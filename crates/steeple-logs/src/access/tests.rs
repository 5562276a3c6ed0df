use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_executor::block_on;
use serde_json::{Value, json};
use steeple_core::{
    Headers, HttpVersion, Observation, Observer, RequestDetails, RequestHead, ResponseHead,
    pipeline::ExportError, redaction::Redaction,
};
use steeple_metrics::Registry;

use super::*;
use crate::{Destination, Format, Lines, Logs, LogsBuilder, Marker, Outlet};

/// A service with an access log that is kept.
struct Service {
    observer: Observer,
    logs: Logs,
    written: Arc<Mutex<Vec<u8>>>,
}

/// A destination that keeps all lines.
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Destination for Kept {
    type Error = Infallible;

    fn start(self, marker: Marker) -> Result<Outlet, Infallible> {
        Ok(Outlet::start(
            Outlet::pipeline("logs-test"),
            marker,
            move || {
                let written = self.0.clone();
                async move |batch: &[Lines]| -> Result<(), ExportError> {
                    for lines in batch {
                        written.lock().unwrap().extend_from_slice(lines.as_bytes());
                    }
                    Ok(())
                }
            },
        ))
    }
}

/// What a client sends.
struct Sent {
    method: &'static str,
    target: &'static str,
    fields: Vec<(&'static str, &'static str)>,
    peer: Option<&'static str>,
}

impl Sent {
    fn get(target: &'static str) -> Self {
        Self {
            method: "GET",
            target,
            fields: vec![("host", "shop.example:8080"), ("user-agent", "curl/8")],
            peer: Some("192.0.2.213:5000"),
        }
    }
}

impl Headers for Sent {
    fn visit(&self, f: &mut dyn FnMut(&str, &[u8])) {
        self.fields
            .iter()
            .for_each(|(name, value)| f(name, value.as_bytes()));
    }
}

impl Sent {
    fn details(&self) -> RequestDetails<'_> {
        let (path, query) = self.target.split_once('?').unzip();
        RequestDetails {
            path: path.unwrap_or(self.target),
            query,
            authority: None,
            peer: self.peer.map(|peer| peer.parse().unwrap()),
        }
    }
}

impl Service {
    fn new(format: Format, config: AccessLogBuilder) -> Self {
        Self::to(config, |kept, logs| logs.to(kept, format))
    }

    /// With what `configure` makes of the destination that is kept.
    fn to(
        config: AccessLogBuilder,
        configure: impl FnOnce(Kept, LogsBuilder) -> LogsBuilder,
    ) -> Self {
        let written = Arc::new(Mutex::new(Vec::new()));
        let kept = Kept(written.clone());
        let logs = Logs::builder("shop").access_log(|_| config);
        let logs = configure(kept, logs).start().unwrap();
        let builder = Observer::builder().kept_headers(["referer"]);
        Self {
            observer: builder.sink(logs.access_log()).build().unwrap(),
            logs,
            written,
        }
    }

    fn start(&self, route: &'static str, sent: &Sent) -> Observation {
        self.observer.start(&RequestHead {
            method: sent.method,
            scheme: None,
            version: HttpVersion::Http11,
            route: Some(route.into()),
            headers: sent,
            body_size: Some(7),
            details: &|| sent.details(),
        })
    }

    fn answer(&self, route: &'static str, sent: &Sent, status: u16) {
        let mut observation = self.start(route, sent);
        observation.respond(&ResponseHead {
            status,
            headers: &(),
            body_size: Some(19),
        });
        observation.chunk(19);
        observation.finish();
    }

    /// The lines so far.
    fn lines(&self) -> Vec<String> {
        let report = block_on(self.logs.flush(Duration::from_secs(30)));
        assert!(report.is_complete(), "{report:?}");
        let written = String::from_utf8(self.written.lock().unwrap().clone()).unwrap();
        written.lines().map(str::to_owned).collect()
    }
}

#[test]
fn a_request_is_one_line_of_ecs() {
    let service = Service::new(Format::Ecs, AccessLogBuilder::default());
    let mut sent = Sent::get("/orders/7?page=2&token=hunter2");
    sent.fields.extend([
        (
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ),
        ("x-request-id", "7b0c0b5e"),
        ("referer", "https://shop.example/?key=hunter2"),
    ]);
    service.answer("/orders/{id}", &sent, 200);
    let lines = service.lines();
    let mut line: Value = serde_json::from_str(&lines[0]).unwrap();
    let take = |value: &mut Value, pointer: &str| value.pointer_mut(pointer).unwrap().take();
    let duration = take(&mut line, "/event/duration").as_u64().unwrap();
    let to_head = take(&mut line, "/labels/head_duration");
    let to_head: u64 = to_head
        .as_str()
        .map_or_else(|| to_head.as_u64(), |text| text.parse().ok())
        .unwrap();
    assert!(0 < to_head && to_head <= duration, "{to_head} {duration}");
    let span = take(&mut line, "/span/id");
    assert_eq!(take(&mut line, "/transaction/id"), span);
    assert_eq!(span.as_str().unwrap().len(), 16);
    assert_eq!(line["trace"]["id"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(line["message"], "GET /orders/7 200");
    assert_eq!(
        line["log"],
        json!({"level": "info", "logger": "steeple::access"})
    );
    assert_eq!(
        line["event"],
        json!({
            "category": ["web"], "dataset": "steeple.access", "duration": null, "kind": "event", "outcome": "success",
            "type": ["access"],
        })
    );
    assert_eq!(
        line["http"],
        json!({
            "request": {
                "id": "7b0c0b5e", "method": "GET", "referrer": "https://shop.example/?key=[redacted]", "body": {"bytes": 7},
            },
            "response": {"status_code": 200, "body": {"bytes": 19}},
            "version": "1.1",
        })
    );
    assert_eq!(
        line["url"],
        json!({"scheme": "http", "domain": "shop.example", "path": "/orders/7", "query": "page=2&token=[redacted]"})
    );
    assert_eq!(line["client"], json!({"ip": "192.0.2.0"}));
    assert_eq!(line["user_agent"], json!({"original": "curl/8"}));
    assert_eq!(line["labels"]["http_route"], "/orders/{id}");
    assert_eq!(line["labels"]["outcome"], "success");
}

#[test]
fn clients_are_told_as_each_log_redacts_them_however_many_there_are() {
    let redacting = Service::new(Format::Ecs, AccessLogBuilder::default());
    let telling = Service::to(AccessLogBuilder::default(), |kept, logs| {
        logs.to(kept, Format::Ecs).redaction(Redaction::off())
    });
    let agent = |n: usize, secret: &str| format!("bot/{} token={secret}", n % 40);
    let hosts = ["shop", "cart"];
    let of_request = |n: usize| hosts[n / 40 % 2];
    let numbers = || (0..100).chain(60..63);
    for n in numbers() {
        let mut sent = Sent::get("/");
        sent.fields = vec![
            ("host", of_request(n)),
            ("user-agent", agent(n, "hunter2").leak()),
        ];
        telling.answer("/", &sent, 200);
        redacting.answer("/", &sent, 200);
    }
    for (service, secret) in [(&redacting, "[redacted]"), (&telling, "hunter2")] {
        let lines = service.lines();
        assert_eq!(lines.len(), numbers().count());
        for (n, line) in numbers().zip(lines) {
            let line: Value = serde_json::from_str(&line).unwrap();
            assert_eq!(line["url"]["domain"], of_request(n));
            assert_eq!(line["user_agent"]["original"], agent(n, secret));
        }
    }
}

#[test]
fn a_failure_says_why_without_secrets() {
    let service = Service::new(Format::Ecs, AccessLogBuilder::default());
    let mut observation = service.start("/pay", &Sent::get("/pay"));
    let ran = observation.run(|| -> () { panic!("no card 4111 1111 1111 1111") });
    assert!(ran.is_err());
    drop(observation);
    service.answer("/pay", &Sent::get("/pay"), 503);
    drop(service.start("/pay", &Sent::get("/pay")));
    let lines: Vec<Value> = (service.lines().iter())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        lines[0]["error"],
        json!({"type": "panic", "message": "no card [redacted]"})
    );
    assert_eq!(lines[0]["log"]["level"], "error");
    assert_eq!(lines[0]["event"]["outcome"], "failure");
    assert_eq!(lines[1]["error"], json!({"type": "503"}));
    assert_eq!(lines[2]["message"], "GET /pay cancelled_before_head");
    assert_eq!(lines[2]["event"]["outcome"], "unknown");
    assert_eq!(lines[2]["log"]["level"], "info");
}

#[test]
fn every_format_has_one_line_for_each_request_whatever_is_asked_for() {
    for format in [Format::Ecs, Format::Json, Format::Logfmt, Format::Pretty] {
        let service = Service::new(format, AccessLogBuilder::default());
        let mut sent = Sent::get("/a\r\nforged \u{1b}[2J?x=\u{202e}");
        sent.method = "SHOUT";
        sent.fields.push(("user-agent", "a\nb"));
        service.answer("/", &sent, 404);
        let lines = service.lines();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(
            lines[0].contains("SHOUT") && lines[0].contains("forged"),
            "{lines:?}"
        );
        assert!(
            !lines[0].contains(['\u{1b}', '\u{202e}', '\r']),
            "{lines:?}"
        );
    }
}

#[test]
fn the_combined_format_is_that_of_apache() {
    let config = AccessLogBuilder::default().client_address(ClientAddress::Whole);
    let service = Service::to(config, |kept, logs| {
        logs.access_log(|access| access.to(kept, AccessFormat::Combined))
    });
    let mut sent = Sent::get("/a b?token=hunter2&n=\"1\"");
    sent.fields.push(("referer", "https://shop.example/"));
    service.answer("/", &sent, 200);
    sent = Sent::get("/");
    (sent.fields, sent.peer) = (Vec::new(), None);
    drop(service.start("/", &sent));
    service.observer.observe("job", "mail").run(|| ());
    let lines = service.lines();
    let (before, rest) = lines[0].split_once('[').unwrap();
    let (time, rest) = rest.split_once(']').unwrap();
    assert_eq!(before, "192.0.2.213 - - ");
    assert_eq!(
        (time.len(), time.ends_with(" +0000")),
        ("23/Nov/2026:00:25:35 +0000".len(), true)
    );
    assert_eq!(
        rest,
        r#" "GET /a b?token=[redacted]&n=\"1\" HTTP/1.1" 200 19 "https://shop.example/" "curl/8""#
    );
    assert!(lines[1].starts_with("- - - ["), "{lines:?}");
    assert!(
        lines[1].ends_with(r#""GET / HTTP/1.1" 499 - "-" "-""#),
        "{lines:?}"
    );
    assert_eq!(lines.len(), 2, "a job has no line there");
}

#[test]
fn what_is_left_out_is_counted_and_what_fails_or_is_slow_is_not() {
    let registry = Registry::new();
    let config = AccessLogBuilder::default()
        .sample_route("/livez", 0.0)
        .sample_status(200..=299, 0.0);
    let service = metrics::with_local_recorder(&registry, || Service::new(Format::Ecs, config));
    for _ in 0..100 {
        service.answer("/livez", &Sent::get("/livez"), 200);
        service.answer("/", &Sent::get("/"), 204);
    }
    service.answer("/livez", &Sent::get("/livez"), 503);
    service.answer("/", &Sent::get("/"), 404);
    assert_eq!(service.lines().len(), 2);
    let told = registry.render();
    for figure in [
        r#"steeple_pipeline_created_total{pipeline="logs-test"} 202"#,
        r#"steeple_pipeline_exported_total{pipeline="logs-test"} 2"#,
        r#"steeple_pipeline_dropped_total{pipeline="logs-test",reason="sampled"} 200"#,
        r#"steeple_log_suppressed_total{reason="sampled"} 200"#,
        r#"steeple_log_lines_total{level="error"} 1"#,
        r#"steeple_log_lines_total{level="info"} 1"#,
    ] {
        assert!(told.contains(figure), "{figure} in {told}");
    }
    let config = AccessLogBuilder::default()
        .sample_route("/", 0.0)
        .slow(Duration::ZERO);
    let service = Service::new(Format::Ecs, config);
    service.answer("/", &Sent::get("/"), 200);
    assert_eq!(service.lines().len(), 1, "all are slow");
}

#[test]
fn lines_go_to_destinations_of_their_own_where_there_are_such() {
    let kept = || Kept(Arc::default());
    let (all, own, combined) = (kept(), kept(), kept());
    let written = [&all, &own, &combined].map(|kept| kept.0.clone());
    let logs = Logs::builder("shop")
        .to(all, Format::Ecs)
        .access_log(|access| {
            access
                .to(own, Format::Logfmt)
                .to(combined, AccessFormat::Combined)
        })
        .start()
        .unwrap();
    let observer = Observer::builder().sink(logs.access_log()).build().unwrap();
    observer.observe("job", "mail").run(|| ());
    let report = block_on(logs.shutdown(Duration::from_secs(30)));
    assert_eq!((report.lost, report.pending), (0, 0));
    let written =
        written.map(|written| String::from_utf8(written.lock().unwrap().clone()).unwrap());
    assert_eq!(
        written.each_ref().map(|lines| lines.lines().count()),
        [0, 1, 0]
    );
    assert!(
        written[1].contains(r#"message="job mail success""#),
        "{written:?}"
    );
}

#[test]
fn a_job_is_one_line_unless_that_is_not_wanted() {
    let service = Service::new(Format::Ecs, AccessLogBuilder::default());
    service.observer.observe("cron", "mail").run(|| ());
    let lines = service.lines();
    let line: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(line["message"], "cron mail success");
    assert_eq!(line["event"]["category"], json!(["process"]));
    assert_eq!(line["labels"]["job_kind"], "cron");
    assert_eq!(line["labels"]["job_name"], "mail");
    let service = Service::new(Format::Ecs, AccessLogBuilder::default().jobs(false));
    service.observer.observe("cron", "mail").run(|| ());
    assert_eq!(service.lines(), [""; 0]);
}

#[test]
fn a_line_allocates_next_to_nothing() {
    let service = Service::new(Format::Ecs, AccessLogBuilder::default());
    let sent = Sent::get("/orders/7?a=b");
    let serve = || service.answer("/orders/{id}", &sent, 200);
    (0..20_000).for_each(|_| serve());
    let counted = allocation_counter::measure(|| (0..10_000).for_each(|_| serve()));
    // Now and then one more chunk waits than ever did.
    assert!(counted.count_total <= 1_000, "{counted:?}");
}
