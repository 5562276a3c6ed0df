//! What sinks are given, and what they cannot spoil.

use std::sync::{Arc, Mutex};

use steeple_core::{
    HttpVersion, Label, Observer, Outcome, RequestHead, RequestRecord, ResponseHead, RoutePolicy,
    Sink, current,
};

use crate::{Stage, respond};

#[test]
fn while_a_sink_runs_the_request_is_still_current() {
    let ids = Arc::new(Mutex::new(Vec::new()));
    let sink = {
        let ids = Arc::clone(&ids);
        move |record: &RequestRecord<'_>| {
            ids.lock()
                .unwrap()
                .push((Some(*record.request_id), current::request_id()));
        }
    };
    let stage = Stage::with(|builder| builder.sink(sink));
    let mut observation = stage.get();
    let id = observation.request_id().copied();
    respond(&mut observation, 200, Some(0));
    assert_eq!(*ids.lock().unwrap(), [(id, id)]);
    assert!(current::request_id().is_none());
}

#[test]
fn a_sink_that_panics_leaves_the_request_alone() {
    struct Broken;
    impl Sink for Broken {
        fn request(&self, _: &RequestRecord<'_>) {
            panic!("the sink is broken");
        }
    }
    let stage = Stage::with(|builder| builder.sink(Broken));
    for _ in 0..3 {
        respond(&mut stage.get(), 200, Some(0));
        assert!(current::request_id().is_none());
    }
}

#[test]
fn an_ignored_route_reaches_no_sink() {
    let stage = Stage::with(|builder| builder.route("/", RoutePolicy::new().ignore()));
    respond(&mut stage.get(), 200, Some(0));
    assert_eq!(stage.seen(), []);
}

#[test]
fn a_route_named_by_the_handler_brings_its_policy() {
    let stage = Stage::with(|builder| builder.route("/livez", RoutePolicy::new().ignore()));
    let mut observation = stage.get();
    observation.run(|| current::route("/livez")).unwrap();
    respond(&mut observation, 200, Some(0));
    assert_eq!(stage.seen(), []);
}

#[test]
fn labels_that_cannot_be_are_refused_with_name_and_fix() {
    use steeple_core::Observer;
    let refused = |label: &'static str| {
        Observer::builder()
            .label(Label::new(label))
            .build()
            .unwrap_err()
            .to_string()
    };
    for bad in ["", "1st", "a-b", "a.b", "__name", "ä"] {
        assert!(
            refused(bad).contains(&format!("`{bad}`")) && refused(bad).contains("use letters"),
            "{bad}"
        );
    }
    assert!(refused("outcome").contains("`outcome` exists already; choose another name"));
    for reserved in ["le", "otel_metric_overflow", "http_route"] {
        assert!(refused(reserved).contains("exists already"), "{reserved}");
    }
    let many = (0..5).map(|place| ["a", "b", "c", "d", "e"][place]);
    let builder = many.fold(Observer::builder(), |builder, name| {
        builder.label(Label::new(name))
    });
    assert!(
        builder
            .build()
            .unwrap_err()
            .to_string()
            .contains("5 labels are declared")
    );
    let undeclared = Observer::builder()
        .route("/a", RoutePolicy::new().label("tier", "gold"))
        .build();
    assert!(undeclared.unwrap_err().to_string().contains("`tier`"));
}

#[test]
fn a_record_says_whether_its_route_or_its_body_streams() {
    struct Streaming(Arc<Mutex<Vec<bool>>>);
    impl Sink for Streaming {
        fn request(&self, record: &RequestRecord<'_>) {
            self.0.lock().unwrap().push(record.streaming);
        }
    }
    let seen = Arc::default();
    let stage = Stage::with(|builder| {
        builder
            .route("/feed", RoutePolicy::new().streaming())
            .sink(Streaming(Arc::clone(&seen)))
    });
    for (route, content_type, body_size) in [
        ("/", "text/plain", None),
        ("/", "text/event-stream", Some(5)),
        ("/", "text/event-stream", None),
        ("/feed", "text/plain", None),
        ("/feed", "text/plain", Some(5)),
    ] {
        stage.at("GET", route, &()).respond(&ResponseHead {
            status: 200,
            headers: &[("content-type", content_type)],
            body_size,
        });
    }
    assert_eq!(*seen.lock().unwrap(), [false, false, true, true, true]);
}

#[test]
fn a_job_that_attaches_an_error_fails_by_it() {
    type Seen = Vec<(Outcome, Option<String>)>;
    struct Jobs(Arc<Mutex<Seen>>);
    impl Sink for Jobs {
        fn request(&self, _: &RequestRecord<'_>) {}

        fn job(&self, record: &steeple_core::JobRecord<'_>) {
            let error = record.error.map(|error| error.message.clone());
            self.0.lock().unwrap().push((record.outcome, error));
        }
    }
    let jobs = Arc::default();
    let stage = Stage::with(|builder| builder.sink(Jobs(Arc::clone(&jobs))));
    stage
        .observer
        .observe("job", "nightly")
        .run(|| current::attach(&std::io::Error::other("disk full")));
    stage.observer.observe("job", "nightly").run(|| ());
    drop(stage.observer.observe("job", "nightly"));
    let expected = [
        (Outcome::ServerError, Some("disk full".to_owned())),
        (Outcome::Success, None),
        (Outcome::CancelledBeforeHead, None),
    ];
    assert_eq!(*jobs.lock().unwrap(), expected);
}

#[test]
fn what_is_over_a_limit_is_refused_rather_than_cut() {
    use steeple_core::{Observer, ObserverBuilder};
    let refused = |builder: ObserverBuilder| builder.build().unwrap_err().to_string();
    let values = (0..1_001).map(|value| value.to_string());
    let builder = Observer::builder().label(Label::new("tenant").values(values));
    assert!(
        refused(builder).contains("`tenant` is to tell 1001 values apart, but 1000 is the most")
    );
    assert!(refused(Observer::builder().label(Label::new("tenant").limit(5_000))).contains("5000"));
    let builder = (0..1_001).fold(Observer::builder(), |builder, route| {
        builder.route(route.to_string(), RoutePolicy::new())
    });
    assert!(refused(builder).contains("1001 routes have a policy"));
    let twice = Observer::builder()
        .route("/a", RoutePolicy::new())
        .route("/a", RoutePolicy::new().ignore());
    assert!(refused(twice).contains("`/a` has two policies"));
    let methods = (0..255).map(|method| format!("M{method}"));
    assert!(refused(Observer::builder().known_methods(methods)).contains("255 methods"));
}

/// Panics whatever it is asked for.
struct BrokenRecorder;

impl metrics::Recorder for BrokenRecorder {
    fn describe_counter(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }
    fn describe_gauge(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }
    fn describe_histogram(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }

    fn register_counter(&self, key: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Counter {
        // steeple asks for its own counters when it starts, where a panic is the application's to see.
        assert!(key.name().starts_with("steeple_"), "the recorder is broken");
        metrics::Counter::noop()
    }

    fn register_gauge(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Gauge {
        panic!("the recorder is broken")
    }

    fn register_histogram(
        &self,
        _: &metrics::Key,
        _: &metrics::Metadata<'_>,
    ) -> metrics::Histogram {
        panic!("the recorder is broken")
    }
}

#[test]
fn a_recorder_that_panics_leaves_the_request_and_the_sinks_alone() {
    let stage = Stage::with(|builder| builder.recorder(Arc::new(BrokenRecorder)));
    for request in 1..=3 {
        respond(&mut stage.get(), 200, Some(0));
        assert_eq!(stage.seen().len(), request);
        assert!(current::request_id().is_none());
    }
}

/// Observes one GET of `/` that runs `handler`, and returns its route and what went wrong.
fn answered_by(handler: impl FnOnce(&Stage)) -> (String, Option<String>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let stage = Stage::with(|builder| {
        builder.sink(move |record: &RequestRecord<'_>| {
            let error_type = record.error_type.map(|error_type| error_type.to_string());
            sink.lock()
                .unwrap()
                .push((record.route().to_owned(), error_type));
        })
    });
    let mut observation = stage.get();
    observation.run(|| handler(&stage)).unwrap();
    respond(&mut observation, 500, Some(0));
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 1);
    seen[0].clone()
}

#[test]
fn a_request_that_the_handler_makes_by_itself_leaves_its_route_alone() {
    let (route, _) = answered_by(|stage| {
        let mut of_another_route = stage.at("GET", "/users/{id}", &());
        assert!(of_another_route.request_id().is_none());
        respond(&mut of_another_route, 200, Some(0));
    });
    assert_eq!(route, "/");
}

#[test]
fn a_matched_route_gives_way_to_one_that_is_known() {
    assert_eq!(answered_by(|_| current::matched_route("/{tail}")).0, "/");
}

#[test]
fn an_error_of_a_hidden_type_names_none() {
    let (_, status) = answered_by(|_| {
        let error: &dyn std::error::Error = &std::io::Error::other("disk full");
        current::attach(error);
    });
    assert_eq!(status.as_deref(), Some("500"));
}

#[test]
fn a_message_names_no_type_and_gives_way_to_an_attached_error() {
    let (_, status) = answered_by(|_| current::attach_message("out of stock"));
    assert_eq!(status.as_deref(), Some("500"));
    let (_, attached) = answered_by(|_| {
        current::attach(&std::io::Error::other("disk full"));
        current::attach_message("out of stock");
    });
    assert_eq!(attached.as_deref(), Some("std::io::error::Error"));
}

#[test]
fn a_record_tells_what_the_name_of_its_span_is_made_of() {
    let names = Arc::new(Mutex::new(Vec::new()));
    let sink = {
        let names = Arc::clone(&names);
        move |record: &RequestRecord<'_>| {
            let template = record.template().map(str::to_owned);
            names
                .lock()
                .unwrap()
                .push((record.span_method().to_owned(), template));
        }
    };
    let observer = Observer::builder().sink(sink).build().unwrap();
    for (method, route) in [("GET", Some("/users/{id}")), ("BREW", None)] {
        drop(observer.start(&RequestHead {
            method,
            scheme: None,
            version: HttpVersion::Http11,
            route: route.map(Into::into),
            headers: &(),
            body_size: Some(0),
            details: &Default::default,
        }));
    }
    let expected = [
        ("GET".to_owned(), Some("/users/{id}".to_owned())),
        ("HTTP".to_owned(), None),
    ];
    assert_eq!(*names.lock().unwrap(), expected);
}

#[test]
fn heads_are_kept_for_the_sinks_that_read_them_and_for_no_others() {
    struct Reader(bool, Arc<Mutex<Vec<Option<String>>>>);
    impl Sink for Reader {
        fn request(&self, record: &RequestRecord<'_>) {
            let path = record.head.map(|head| head.path().to_owned());
            self.1.lock().unwrap().push(path);
        }

        fn reads_heads(&self) -> bool {
            self.0
        }
    }
    for (reads, path) in [(true, Some(String::new())), (false, None)] {
        let paths = Arc::new(Mutex::new(Vec::new()));
        let sink = Reader(reads, Arc::clone(&paths));
        let stage = Stage::with(|builder| builder.sink(sink));
        respond(&mut stage.get(), 200, Some(0));
        assert_eq!(*paths.lock().unwrap(), [path]);
    }
}
