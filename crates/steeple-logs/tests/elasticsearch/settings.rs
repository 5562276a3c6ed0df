//! What can be configured wrongly.

use steeple_logs::elasticsearch::{Elasticsearch, ElasticsearchError};

#[test]
fn what_cannot_be_sent_to_is_an_error_that_names_it() {
    let refused = |url: &str| Elasticsearch::builder(url).build().unwrap_err();
    let error = refused("elasticsearch:9200");
    assert!(matches!(error, ElasticsearchError::Endpoint(_)), "{error}");
    assert!(error.to_string().contains("elasticsearch:9200"), "{error}");
    let error = Elasticsearch::builder("http://127.0.0.1:9200")
        .namespace("Prod")
        .build()
        .unwrap_err();
    assert!(
        error.to_string().starts_with("`Prod` cannot be in"),
        "{error}"
    );
    let error = Elasticsearch::builder("http://127.0.0.1:9200")
        .api_key("two words")
        .build()
        .unwrap_err();
    assert!(matches!(error, ElasticsearchError::Credentials(_)));
    assert!(!error.to_string().contains("two words"), "{error}");
}

#[test]
fn the_name_of_a_service_is_the_dataset_unless_one_was_set() {
    let named = |builder: steeple_logs::elasticsearch::ElasticsearchBuilder| {
        format!("{:?}", builder.default_dataset("Web-Shop").build().unwrap())
    };
    let builder = Elasticsearch::builder("http://127.0.0.1:9200");
    assert!(named(builder.clone()).contains("/logs-web_shop-default/_bulk"));
    assert!(named(builder.dataset("till")).contains("/logs-till-default/_bulk"));
}
