//! A Prometheus server.

use std::{fs, net::SocketAddr, ops::Deref, time::Duration};

use serde_json::Value;

use super::{BackendError, PromQl, Server, http::request};

/// Prometheus 2, or whatever the system has.
const PROGRAM: &str = "prometheus";
const PROGRAM_3: &str = "prometheus-3";
const NATIVE: &str = "native-histograms,exemplar-storage";
const START: Duration = Duration::from_secs(30);

/// A Prometheus that scrapes `/metrics` of its targets every second.
///
/// The first scrape comes up to 20 s after the start.
#[derive(Debug)]
pub struct Prometheus {
    queries: PromQl,
    _server: Server,
}

impl Prometheus {
    /// Starts one that has native histograms, with `targets` as the job `steeple`.
    ///
    /// # Errors
    ///
    /// When it is not here or does not start.
    pub fn scraping(targets: &[SocketAddr]) -> Result<Self, BackendError> {
        Self::start(PROGRAM, NATIVE, targets)
    }

    /// As [`scraping`](Self::scraping), but without native histograms, as it is by default.
    ///
    /// # Errors
    ///
    /// When it is not here or does not start.
    pub fn by_default(targets: &[SocketAddr]) -> Result<Self, BackendError> {
        Self::start(PROGRAM, "exemplar-storage", targets)
    }

    /// As [`by_default`](Self::by_default), but Prometheus 3, which allows any character in names.
    ///
    /// # Errors
    ///
    /// When it is not here or does not start.
    pub fn version_3(targets: &[SocketAddr]) -> Result<Self, BackendError> {
        Self::start(PROGRAM_3, "exemplar-storage", targets)
    }

    /// As [`version_3`](Self::version_3), but with native histograms, whose exemplars Prometheus 2 does not know.
    ///
    /// # Errors
    ///
    /// When it is not here or does not start.
    pub fn version_3_native(targets: &[SocketAddr]) -> Result<Self, BackendError> {
        Self::start(PROGRAM_3, NATIVE, targets)
    }

    fn start(program: &str, features: &str, targets: &[SocketAddr]) -> Result<Self, BackendError> {
        let (server, address) =
            Server::listen(program, START, "/-/ready", |command, directory, address| {
                let configuration = directory.join("prometheus.yml");
                fs::write(&configuration, scrape(targets))?;
                command
                    .arg(format!("--config.file={}", configuration.display()))
                    .arg(format!(
                        "--storage.tsdb.path={}",
                        directory.join("data").display()
                    ))
                    .arg(format!("--web.listen-address={address}"))
                    .arg(format!("--enable-feature={features}"))
                    .args(["--web.enable-remote-write-receiver", "--log.level=warn"]);
                Ok(())
            })?;
        Ok(Self {
            queries: PromQl { address },
            _server: server,
        })
    }

    /// The exemplars that it has of the series that a PromQL expression selects, each as its trace id and value.
    ///
    /// # Errors
    ///
    /// When the server does not answer, or refuses the expression.
    pub fn exemplars(&self, expression: &str) -> Result<Vec<(String, f64)>, BackendError> {
        let url = format!("http://{}/api/v1/query_exemplars", self.queries.address);
        let ever = [("start", "0"), ("end", "9999999999")];
        let (_, body) = request(&url, &[&[("query", expression)], &ever[..]].concat())?;
        exemplars(&body).ok_or_else(|| BackendError::Answer {
            question: expression.to_owned(),
            answer: body,
        })
    }
}

impl Deref for Prometheus {
    type Target = PromQl;

    fn deref(&self) -> &PromQl {
        &self.queries
    }
}

pub(crate) fn scrape(targets: &[SocketAddr]) -> String {
    let targets: Vec<String> = targets.iter().map(|target| format!("'{target}'")).collect();
    format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\n\
         scrape_configs:\n\
         - job_name: steeple\n  static_configs: [{{targets: [{}]}}]\n",
        targets.join(", ")
    )
}

fn exemplars(answer: &str) -> Option<Vec<(String, f64)>> {
    let answer: Value = serde_json::from_str(answer).ok()?;
    let of_series = answer["data"].as_array()?.iter();
    of_series
        .flat_map(|series| series["exemplars"].as_array().into_iter().flatten())
        .map(|exemplar| {
            let trace = exemplar["labels"]["trace_id"].as_str()?.to_owned();
            Some((trace, exemplar["value"].as_str()?.parse().ok()?))
        })
        .collect()
}
