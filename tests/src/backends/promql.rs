//! Servers that are asked in PromQL.

use std::{net::SocketAddr, time::Duration};

use serde_json::Value;

use super::{BackendError, Sample, http::request};
use crate::waiting::within;

/// The part of [Prometheus' API](https://prometheus.io/docs/prometheus/latest/querying/api/) that several servers have.
#[derive(Clone, Copy, Debug)]
pub struct PromQl {
    pub(crate) address: SocketAddr,
}

impl PromQl {
    /// Where the server takes remote write.
    #[must_use]
    pub fn write_url(&self) -> String {
        format!("http://{}/api/v1/write", self.address)
    }

    /// The samples that a PromQL expression has now; a scalar is one sample without labels.
    ///
    /// # Errors
    ///
    /// When the server does not answer, or refuses the expression.
    pub fn query(&self, expression: &str) -> Result<Vec<Sample>, BackendError> {
        let url = format!("http://{}/api/v1/query", self.address);
        let (_, body) = request(&url, &[("query", expression)])?;
        samples(&body).ok_or_else(|| BackendError::Answer {
            question: expression.to_owned(),
            answer: body,
        })
    }

    /// Asks again until the samples satisfy `expected`, and returns them.
    ///
    /// # Errors
    ///
    /// When a query fails, or `deadline` has passed; it then tells the last answer.
    pub fn wait_for(
        &self,
        expression: &str,
        deadline: Duration,
        expected: impl Fn(&[Sample]) -> bool,
    ) -> Result<Vec<Sample>, BackendError> {
        let mut last = Vec::new();
        let found = within(deadline, || match self.query(expression) {
            Ok(samples) if expected(&samples) => Some(Ok(samples)),
            Ok(samples) => {
                last = samples;
                None
            }
            Err(error) => Some(Err(error)),
        });
        found.unwrap_or_else(|| {
            Err(BackendError::TooLate {
                question: expression.to_owned(),
                deadline,
                answer: format!("{last:?}"),
            })
        })
    }
}

/// Reads the [answer to an instant query](https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries).
fn samples(answer: &str) -> Option<Vec<Sample>> {
    let answer: Value = serde_json::from_str(answer).ok()?;
    let data = &answer["data"];
    match data["resultType"].as_str()? {
        "vector" => data["result"]
            .as_array()?
            .iter()
            .map(|series| {
                let labels = &series["metric"];
                Sample::from_json(&labels["__name__"], labels, &series["value"][1])
            })
            .collect(),
        "scalar" => {
            let no_labels = Value::Object(serde_json::Map::new());
            Sample::from_json(&Value::Null, &no_labels, &data["result"][1])
                .map(|sample| vec![sample])
        }
        _ => None,
    }
}
