use serde::Deserialize;
use steeple_client::{
    Client,
    http::{HeaderValue, Method, StatusCode, header::CONTENT_TYPE},
};
use steeple_core::pipeline::ExportError;
use thiserror::Error;

/// The [index template](https://www.elastic.co/docs/manage-data/data-store/templates) that
/// [`ElasticsearchBuilder::install_template`](super::ElasticsearchBuilder::install_template) installs, as it is for the dataset
/// `steeple`: fields as [ECS 8.11](https://www.elastic.co/guide/en/ecs/8.11/ecs-field-reference.html) has them, all other texts as keywords.
pub const INDEX_TEMPLATE: &str = include_str!("index_template.json");

/// That of [`INDEX_TEMPLATE`], higher whenever it changes.
const VERSION: u64 = 1;

/// An index template, until it is known to be installed.
#[derive(Clone, Debug)]
pub(super) struct Template {
    client: Client,
    body: String,
    is_installed: bool,
}

#[derive(Debug, Error)]
#[error(
    "the index template cannot be installed: grant the privilege manage_index_templates, or install it by hand"
)]
struct TemplateError {
    source: Box<dyn std::error::Error + Send + Sync>,
}

#[derive(Deserialize)]
struct Found {
    index_templates: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    index_template: Versioned,
}

#[derive(Deserialize)]
struct Versioned {
    version: Option<u64>,
}

impl Template {
    /// That of a data set, which `client` asks for and installs.
    pub(super) fn new(client: Client, dataset: &str) -> Self {
        Self {
            client,
            body: body(dataset),
            is_installed: false,
        }
    }

    pub(super) fn path(dataset: &str) -> String {
        format!("/_index_template/logs-{dataset}")
    }

    /// Installs it unless there is one of its version, of a later one, or of none, which is the application's.
    pub(super) async fn ensure(&mut self) -> Result<(), ExportError> {
        if !self.is_installed {
            self.install().await.map_err(explained)?;
            self.is_installed = true;
        }
        Ok(())
    }

    async fn install(&self) -> Result<(), ExportError> {
        let answer = self.client.exchange(Method::GET, [], "").await?;
        if answer.status() != StatusCode::NOT_FOUND {
            let answer = self.client.judge(answer)?;
            let found = serde_json::from_slice(answer.body()).map_err(ExportError::retryable)?;
            if !is_older(&found) {
                return Ok(());
            }
        }
        let json = HeaderValue::from_static("application/json");
        let body = self.body.clone();
        let headers = [(CONTENT_TYPE, json)];
        self.client.send(Method::PUT, headers, body).await.map(drop)
    }
}

fn is_older(found: &Found) -> bool {
    let version = |named: &Named| named.index_template.version;
    let mut templates = found.index_templates.iter();
    templates.all(|named| version(named).is_some_and(|version| version < VERSION))
}

fn explained(error: ExportError) -> ExportError {
    match error {
        ExportError::Retryable {
            retry_after,
            source,
        } => ExportError::Retryable {
            retry_after,
            source: TemplateError { source }.into(),
        },
        other => other,
    }
}

/// The template of a data set.
fn body(dataset: &str) -> String {
    let pattern = |dataset| format!("\"logs-{dataset}-*\"");
    let value = |dataset| format!("\"value\": \"{dataset}\"");
    INDEX_TEMPLATE
        .replace(&pattern("steeple"), &pattern(dataset))
        .replace(&value("steeple"), &value(dataset))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::encode::{field, kind::Kind};

    #[test]
    fn every_field_that_is_written_has_a_type_that_takes_it() {
        let template: Value = serde_json::from_str(INDEX_TEMPLATE).unwrap();
        for field in field::ALL {
            let name = field.name();
            let mut typed = &template["template"]["mappings"];
            for part in name.split('.') {
                typed = &typed["properties"][part];
            }
            let kinds: &[&str] = match field.kind() {
                Kind::Date => &["date"],
                Kind::Text if *field == field::LABELS => &["object"],
                Kind::Text => &["keyword", "match_only_text", "wildcard"],
                Kind::Texts => &["keyword"],
                Kind::Long => &["long"],
                Kind::Float => &["float", "scaled_float"],
                Kind::Ip => &["ip"],
            };
            let kind = typed["type"].as_str();
            assert!(
                kind.is_some_and(|kind| kinds.contains(&kind)),
                "{name}: {kind:?}"
            );
        }
    }

    #[test]
    fn the_template_is_for_its_dataset_alone_and_of_the_version() {
        let template: Value = serde_json::from_str(&body("shop")).unwrap();
        assert_eq!(template["index_patterns"], json!(["logs-shop-*"]));
        assert_eq!(template["data_stream"], json!({}));
        assert_eq!(template["version"], VERSION);
        let properties = &template["template"]["mappings"]["properties"];
        let dataset = &properties["data_stream"]["properties"]["dataset"];
        assert_eq!(dataset["value"], "shop");
        assert_eq!(body("steeple"), INDEX_TEMPLATE);
    }

    #[test]
    fn only_an_older_version_is_replaced() {
        let is_older = |version: Option<u64>| {
            let template = json!({"index_templates": [{"index_template": {"version": version}}]});
            is_older(&serde_json::from_value(template).unwrap())
        };
        assert!(is_older(Some(VERSION - 1)));
        assert!(!is_older(Some(VERSION)) && !is_older(Some(VERSION + 1)));
        assert!(!is_older(None), "it is the application's");
    }
}
