//! A Prometheus server.

use std::{fs, net::SocketAddr, time::Duration};

use serde_json::Value;

use super::{
    BackendError, Sample, Server, free_address, get, http::request, program::could_not_run,
};
use crate::waiting::within;

const PROGRAM: &str = "prometheus";
const START: Duration = Duration::from_secs(30);

/// A Prometheus that scrapes `/metrics` of its targets every second.
///
/// The first scrape comes up to 20 s after the start.
#[derive(Debug)]
pub struct Prometheus {
    address: SocketAddr,
    _server: Server,
}

impl Prometheus {
    /// Starts one, with `targets` as the job `steeple`.
    ///
    /// # Errors
    ///
    /// When it is not here or does not start.
    pub fn scraping(targets: &[SocketAddr]) -> Result<Self, BackendError> {
        let address = free_address().map_err(|source| could_not_run(PROGRAM, source))?;
        let ready = format!("http://{address}/-/ready");
        let server = Server::start(
            PROGRAM,
            START,
            |command, directory| {
                let configuration = directory.join("prometheus.yml");
                fs::write(&configuration, scrape(targets))?;
                command
                    .arg(format!("--config.file={}", configuration.display()))
                    .arg(format!(
                        "--storage.tsdb.path={}",
                        directory.join("data").display()
                    ))
                    .arg(format!("--web.listen-address={address}"))
                    .args([
                        "--web.enable-remote-write-receiver",
                        "--enable-feature=native-histograms,exemplar-storage",
                        "--log.level=warn",
                    ]);
                Ok(())
            },
            || get(&ready).is_ok(),
        )?;
        Ok(Self {
            address,
            _server: server,
        })
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

fn scrape(targets: &[SocketAddr]) -> String {
    let targets: Vec<String> = targets.iter().map(|target| format!("'{target}'")).collect();
    format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\n\
         scrape_configs:\n\
         - job_name: steeple\n  static_configs: [{{targets: [{}]}}]\n",
        targets.join(", ")
    )
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
