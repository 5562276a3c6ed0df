use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::encode::{
    Identity, LONGEST_LINE,
    escape::tests::{hostile, is_inert},
};

const ALL: [Format; 4] = [Format::Ecs, Format::Json, Format::Logfmt, Format::Pretty];

fn encoder(format: Format) -> Encoder {
    let mut identity = Identity::of_service("shop");
    identity.set(field::PROCESS_PID, "42");
    identity.set(field::HOST_NAME, "host-1");
    Encoder::new(format, &identity)
}

fn line(encoder: &Encoder, write: impl FnOnce(&mut Line<'_>)) -> String {
    let mut out = Vec::new();
    let mut line = encoder.begin(&mut out, Timestamp::now(), Level::WARN, "shop::cart");
    write(&mut line);
    line.end();
    String::from_utf8(out).unwrap()
}

/// Without the time, which is checked.
fn untimed(format: Format, write: impl FnOnce(&mut Line<'_>)) -> String {
    let line = line(&encoder(format), write);
    let (start, end) = match format {
        Format::Ecs => (r#"{"@timestamp":""#.len(), r#"","#.len()),
        Format::Json => (r#"{"timestamp":""#.len(), r#"","#.len()),
        Format::Logfmt => ("timestamp=".len(), " ".len()),
        Format::Pretty => (0, " ".len()),
    };
    let length = if format == Format::Pretty { 24 } else { 27 };
    let (time, rest) = line[start..].split_at(length);
    assert!(time.starts_with("20") && time.ends_with('Z'), "{time}");
    rest[end..].to_owned()
}

fn example(line: &mut Line<'_>) {
    line.text(field::MESSAGE, "said \"no\"");
    line.ascii(field::TRACE_ID, "00ff");
    line.only(field::EVENT_CATEGORY, "web");
    line.text(field::HTTP_REQUEST_METHOD, "GET");
    line.unsigned(field::HTTP_RESPONSE_STATUS_CODE, 503);
    line.text(field::URL_PATH, "/a b");
    line.label("http.route", Scalar::Text("/{id}"));
    line.label("tries", Scalar::Unsigned(3));
    line.label("level", Scalar::Bool(true));
}

#[test]
fn ecs_has_objects_in_one_piece_and_labels_that_are_texts() {
    assert_eq!(
        untimed(Format::Ecs, example),
        concat!(
            r#""log":{"level":"warn","logger":"shop::cart"},"message":"said \"no\"","#,
            r#""ecs":{"version":"8.11.0"},"service":{"name":"shop"},"host":{"name":"host-1"},"process":{"pid":42},"#,
            r#""trace":{"id":"00ff"},"event":{"category":["web"]},"#,
            r#""http":{"request":{"method":"GET"},"response":{"status_code":503}},"url":{"path":"/a b"},"#,
            r#""labels":{"http_route":"/{id}","tries":"3","level":"true"}}"#,
            "\n",
        )
    );
}

#[test]
fn json_has_one_object_without_others() {
    assert_eq!(
        untimed(Format::Json, example),
        concat!(
            r#""level":"warn","target":"shop::cart","message":"said \"no\"","#,
            r#""ecs.version":"8.11.0","service.name":"shop","host.name":"host-1","process.pid":42,"#,
            r#""trace.id":"00ff","event.category":"web","#,
            r#""http.request.method":"GET","http.response.status_code":503,"url.path":"/a b","#,
            r#""http.route":"/{id}","tries":3,"labels.level":true}"#,
            "\n",
        )
    );
}

#[test]
fn logfmt_has_quotes_where_they_are_needed() {
    assert_eq!(
        untimed(Format::Logfmt, example),
        concat!(
            r#"level=warn target=shop::cart message="said \"no\"" trace.id=00ff event.category=web "#,
            r#"http.request.method=GET http.response.status_code=503 url.path="/a b" "#,
            "http.route=/{id} tries=3 labels.level=true\n",
        )
    );
}

#[test]
fn people_read_the_message_as_it_is() {
    assert_eq!(
        untimed(Format::Pretty, example),
        concat!(
            r#" WARN shop::cart: said "no" trace.id=00ff event.category=web "#,
            r#"http.request.method=GET http.response.status_code=503 url.path="/a b" "#,
            "http.route=/{id} tries=3 labels.level=true\n",
        )
    );
    let coloured = line(&encoder(Format::Pretty).coloured(true), |line| {
        line.text(field::MESSAGE, "hello");
        line.label("a", Scalar::Unsigned(1));
    });
    let (_, rest) = coloured.split_at(28);
    assert_eq!(
        rest,
        "\u{1b}[0m \u{1b}[33m WARN\u{1b}[0m \u{1b}[2mshop::cart:\u{1b}[0m hello \u{1b}[2ma=\u{1b}[0m1\n"
    );
}

#[test]
fn the_identity_is_there_whatever_else_is() {
    let read = |write: fn(&mut Line<'_>)| -> Value {
        serde_json::from_str(&line(&encoder(Format::Ecs), write)).unwrap()
    };
    let empty = |_: &mut Line<'_>| {};
    let label_alone = |line: &mut Line<'_>| line.label("a", Scalar::Text("b"));
    let around = |line: &mut Line<'_>| {
        line.text(field::LOG_ORIGIN_FILE_NAME, "src/cart.rs");
        line.ascii(field::PROCESS_THREAD_NAME, "main");
    };
    for write in [empty, label_alone, around] {
        let read = read(write);
        assert_eq!(read["service"], json!({"name": "shop"}));
        assert_eq!(read["process"]["pid"], 42);
        assert_eq!(read["log"]["logger"], "shop::cart");
    }
}

#[test]
fn what_finds_no_room_is_left_out_and_the_line_says_so() {
    for format in ALL {
        let long = "\0".repeat(2 * LONGEST_VALUE);
        let line = line(&encoder(format), |line| {
            line.text(field::MESSAGE, &long);
            line.text(field::URL_PATH, &long);
            line.text(field::USER_ID, "ada");
            for _ in 0..2 {
                line.label("long", Scalar::Text(&long));
            }
            line.label("short", Scalar::Text("kept"));
        });
        assert!(line.len() <= LONGEST_LINE, "{}", line.len());
        assert!(line.ends_with('\n') && line.matches('\n').count() == 1);
        assert!(
            line.contains("ada") && line.contains("kept") && line.contains("truncated"),
            "{format}"
        );
        if format.is_json() {
            serde_json::from_str::<Value>(&line).unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn whatever_texts_say_it_is_one_inert_line_of_each_format(
        logger in hostile(), message in hostile(), path in hostile(), name in hostile(), value in hostile(),
    ) {
        for format in ALL {
            let mut out = Vec::new();
            let encoder = encoder(format);
            let mut line = encoder.begin(&mut out, Timestamp::now(), Level::INFO, &logger);
            line.text(field::MESSAGE, &message);
            line.text(field::URL_PATH, &path);
            line.label(&name, Scalar::Text(&value));
            let mut fields = Fields::default();
            fields.put(&format!("{name}2"), Scalar::Text(&value));
            line.fields(&fields);
            line.end();
            let text = String::from_utf8(out).unwrap();
            let inner = text.strip_suffix('\n').unwrap();
            prop_assert!(is_inert(inner), "{inner:?}");
            if format == Format::Ecs {
                let read: Value = serde_json::from_str(inner)?;
                prop_assert_eq!(&read["message"], &message);
                prop_assert_eq!(&read["url"]["path"], &path);
                let labels: BTreeMap<String, String> = serde_json::from_value(read["labels"].clone())?;
                prop_assert!(labels.values().all(|label| *label == value));
                prop_assert_eq!(labels.len(), 2);
            }
            if format == Format::Json {
                let read: BTreeMap<String, Value> = serde_json::from_str(inner)?;
                prop_assert_eq!(&read["target"], &logger);
                prop_assert_eq!(&read["url.path"], &path);
            }
        }
    }
}
