//! Straight into Elasticsearch.

use std::{fs, time::Duration};

use serde_json::{Value, json};
use steeple::metrics::Registry;
use steeple_logs::{Format, elasticsearch::Elasticsearch, spool::Spool};
use steeple_tests::backends::{Noida, free_address};

use super::{lines::WrittenLines, logging_demo::LoggingDemo, shop::Shop};

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn all_lines_of_the_demo_under_load_are_found() {
    let noida = Noida::start().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("demo.log");
    let demo = LoggingDemo::under_load(&file, &["--elasticsearch", &noida.url()]);

    demo.ends_found_in(&noida, "logs-demo-default", &file);
    let properties = noida.properties("logs-demo-default").unwrap();
    let status = &properties["http"]["properties"]["response"]["properties"]["status_code"];
    assert_eq!(status["type"], "long", "{properties}");
    assert_eq!(
        properties["labels"]["properties"]["item"]["type"],
        "keyword"
    );
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn what_was_logged_before_it_was_there_is_found_once() {
    let address = free_address().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("shop.log");
    let elasticsearch = Elasticsearch::builder(&format!("http://{address}"))
        .dataset("shop")
        .install_template()
        .spool(Spool::in_directory(directory.path().join("spool")));
    let shop = Shop::open(&file, |logs| logs.to(elasticsearch, Format::Ecs));
    let traces = shop.serve_load();
    let report = shop.flush(PATIENCE);
    assert!(report.is_complete(), "{report:?}");
    let noida = Noida::start_at(address).unwrap();

    WrittenLines::of(&file).are_found_in(&noida, "logs-shop-default", &traces);
}

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn lines_that_do_not_fit_the_mapping_are_set_aside_and_counted_and_the_others_found() {
    let noida = Noida::start().unwrap();
    let template = json!({
        "index_patterns": ["logs-shop-*"],
        "data_stream": {},
        "template": {"mappings": {"properties": {
            "http": {"properties": {"response": {"properties": {"status_code": {"type": "long"}}}}},
            "labels": {"properties": {"order": {"type": "boolean"}}},
        }}},
    });
    noida.put_template("mine", &template).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let (file, rejects) = (
        directory.path().join("shop.log"),
        directory.path().join("rejects"),
    );
    let elasticsearch = Elasticsearch::builder(&noida.url())
        .dataset("shop")
        .rejects(&rejects);
    let registry = Registry::new();
    let shop = metrics::with_local_recorder(&registry, || {
        Shop::open(&file, |logs| logs.to(elasticsearch, Format::Ecs))
    });
    shop.serve_load();
    assert_eq!(shop.flush(PATIENCE).pending, 0);

    let lines = WrittenLines::of(&file);
    let events = lines.matching(|line| !line["labels"]["order"].is_null());
    let dropped = format!(
        "steeple_pipeline_dropped_total{{pipeline=\"logs-elasticsearch\",reason=\"rejected\"}} {}\n",
        events.count()
    );
    assert!(
        registry.render().contains(&dropped),
        "{}",
        registry.render()
    );
    // Besides them, there are the lines that tell of those that are lost.
    let is_request = json!({"range": {"http.response.status_code": {"gte": 100}}});
    let found = lines.find(&noida, "logs-shop-default", &is_request, |line| {
        !line["http"]["response"].is_null()
    });
    assert_eq!(found as u64, lines.count() - events.count());
    let rejects = fs::read_to_string(rejects).unwrap();
    assert_eq!(rejects.lines().count() as u64, events.count());
    for reject in rejects.lines() {
        let reject: Value = serde_json::from_str(reject).unwrap();
        assert_eq!(reject["type"], "document_parsing_exception", "{reject}");
        assert!(reject["reason"].as_str().unwrap().contains("labels.order"));
    }
}
