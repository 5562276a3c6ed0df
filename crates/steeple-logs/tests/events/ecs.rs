//! Events as ECS has them.

use std::{error::Error, fmt, io, num::ParseIntError};

use serde_json::json;
use tracing::{debug, debug_span, error, field, info, info_span, warn};

use crate::captured::{event, events};

#[test]
fn an_event_tells_what_who_where_and_of_which_service() {
    let event = event(|| warn!(target: "shop::cart", "only {} left", 3));
    assert_eq!(event["message"], "only 3 left");
    assert_eq!(event["log"]["level"], "warn");
    assert_eq!(event["log"]["logger"], "shop::cart");
    assert_eq!(event["log"]["origin"]["file"]["name"], file!());
    assert_eq!(event["log"]["origin"]["file"]["line"], 12);
    assert_eq!(event["service"], json!({"name": "shop"}));
    assert_eq!(event["ecs"], json!({"version": "8.11.0"}));
    assert_eq!(event["process"]["pid"], std::process::id());
    let thread = std::thread::current();
    assert_eq!(event["process"]["thread"]["name"], thread.name().unwrap());
    assert!(event["host"]["name"].is_string());
    assert!(event["@timestamp"].as_str().unwrap().ends_with('Z'));
    assert!(event.get("labels").is_none() && event.get("error").is_none());
}

#[test]
fn fields_go_to_their_place_in_ecs_or_to_labels_as_texts() {
    let event = event(|| {
        info!(
            http.response.status_code = 404,
            url.path = "/a",
            client.ip = "not an address",
            order.id = 7,
            paid = true,
            share = 0.5,
            trace.id = "mine",
            http = "no object",
            shown = ?Some("x"),
            r#type = "t",
            "found"
        );
    });
    assert_eq!(event["http"], json!({"response": {"status_code": 404}}));
    assert_eq!(event["url"], json!({"path": "/a"}));
    assert_eq!(
        event["labels"],
        json!({
            "client_ip": "not an address", "order_id": "7", "paid": "true", "share": "0.5", "trace_id": "mine",
            "http": "no object", "shown": "Some(\"x\")", "type": "t",
        })
    );
    assert!(event.get("client").is_none() && event.get("trace").is_none());
}

#[test]
fn spans_give_their_fields_and_the_innermost_counts() {
    let events = events(|| {
        let outer = info_span!(
            "request",
            shop = "berlin",
            order = 1,
            user.id = "ada",
            late = field::Empty
        );
        let _outer = outer.enter();
        let _inner = debug_span!("charge", order = 2, attempt = 1).entered();
        info!(attempt = 3, "first");
        outer.record("late", "now");
        outer.record("shop", "hamburg");
        info!("second");
    });
    assert_eq!(
        events[0]["labels"],
        json!({"attempt": "3", "order": "2", "shop": "berlin"})
    );
    assert_eq!(events[0]["user"], json!({"id": "ada"}));
    assert_eq!(
        events[1]["labels"],
        json!({"attempt": "1", "order": "2", "shop": "hamburg", "late": "now"})
    );
}

#[test]
fn a_function_is_told_where_its_span_is_of_the_same_module() {
    let event = event(|| {
        let _charge = info_span!("charge").entered();
        info!("charged");
    });
    assert_eq!(event["log"]["origin"]["function"], "charge");
}

#[derive(Debug)]
struct Quantity(ParseIntError);

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no quantity")
    }
}

impl Error for Quantity {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

#[test]
fn an_error_is_told_with_its_type_and_causes() {
    let event = event(|| {
        let error = Quantity("x".parse::<u8>().unwrap_err());
        error!(error = &error as &dyn Error, "cannot order");
    });
    assert_eq!(event["message"], "cannot order");
    assert_eq!(
        event["error"],
        json!({
            "type": "Quantity",
            "message": "no quantity: invalid digit found in string",
            "stack_trace":
                "Quantity: no quantity\nCaused by: ParseIntError: invalid digit found in string",
        })
    );
}

#[test]
fn an_error_that_is_printed_is_its_message_and_a_second_one_a_label() {
    let printed = event(|| error!(error = %io::Error::other("gone"), "cannot read"));
    assert_eq!(printed["error"], json!({"message": "gone"}));
    let two = event(|| {
        let (one, other) = (io::Error::other("one"), io::Error::other("other"));
        error!(error = &one as &dyn Error, cleanup = &other as &dyn Error);
    });
    assert_eq!(two["error"]["message"], "one");
    assert_eq!(two["labels"], json!({"cleanup": "other"}));
    assert!(two.get("message").is_none());
}

#[test]
fn records_of_the_crate_log_are_told_as_if_they_were_events() {
    use tracing_log::log::{Level, Record};

    let event = event(|| {
        let record = Record::builder()
            .level(Level::Debug)
            .target("hyper::client")
            .file(Some("src/client.rs"))
            .line(Some(7))
            .module_path(Some("hyper::client"))
            .args(format_args!("connected"))
            .build();
        tracing_log::format_trace(&record).unwrap();
    });
    assert_eq!(event["message"], "connected");
    assert_eq!(
        event["log"],
        json!({
            "level": "debug", "logger": "hyper::client", "origin": {"file": {"name": "src/client.rs", "line": 7}},
        })
    );
    assert!(event.get("labels").is_none());
}

#[test]
fn secrets_are_told_by_no_line() {
    let event = event(|| {
        let _login = info_span!("login", password = "hunter2", attempt = 1).entered();
        info!(
            api_key = 12345,
            card = 4_111_111_111_111_111_u64,
            token_changed = true,
            has_session = false,
            "to postgres://shop:hunter2@db with Bearer abcdefgh1234567890XYZ"
        );
    });
    let told = event.to_string();
    assert!(
        !told.contains("hunter2") && !told.contains("12345") && !told.contains("abcdefgh"),
        "{told}"
    );
    assert_eq!(event["labels"]["card"], "[redacted]");
    assert_eq!(event["labels"]["token_changed"], "true");
    assert_eq!(event["labels"]["has_session"], "false");
    assert_eq!(event["labels"]["password"], "[redacted]");
    assert_eq!(event["labels"]["attempt"], "1");
}

#[test]
fn what_logs_or_panics_while_it_prints_itself_does_no_harm() {
    struct Talkative;
    impl fmt::Debug for Talkative {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            debug!(inner = true, "I am printed");
            f.write_str("talkative")
        }
    }
    struct Broken;
    impl fmt::Debug for Broken {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("cannot be printed")
        }
    }
    let events = events(|| {
        let _span = info_span!("span", talkative = ?Talkative).entered();
        info!(before = 1, broken = ?Broken, "outer");
    });
    // What is logged inside of a subscriber `tracing` itself leaves out.
    assert_eq!(events.len(), 1);
    assert_eq!(
        events[0]["labels"],
        json!({"before": "1", "talkative": "talkative"})
    );
    assert_eq!(events[0]["tags"], json!(["truncated"]));
}

#[test]
fn values_that_are_huge_are_cut_and_marked() {
    let event =
        event(|| info!(deep = ?vec![vec![vec![0_u8; 1_000]; 10]; 10], "{}", "ä".repeat(100_000)));
    assert_eq!(event["tags"], json!(["truncated"]));
    for text in [&event["message"], &event["labels"]["deep"]] {
        let text = text.as_str().unwrap();
        assert!(
            text.len() <= 8 << 10 && text.ends_with('…'),
            "{}",
            text.len()
        );
    }
}
