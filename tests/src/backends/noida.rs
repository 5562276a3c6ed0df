//! A server that speaks Elasticsearch's protocol.

use std::{net::SocketAddr, time::Duration};

use serde_json::{Value, json};

use super::{BackendError, Server, free_address, get, program::could_not_run};

const PROGRAM: &str = "noida-db";
const START: Duration = Duration::from_secs(30);
/// The most documents that a search gives.
const MOST: usize = 10_000;

/// A [noida-db](https://pypi.org/project/noida-db), which checks documents against mappings as Elasticsearch 8 does. It takes some
/// that Elasticsearch refuses, for want of data streams, and is never busy.
#[derive(Debug)]
pub struct Noida {
    address: SocketAddr,
    _server: Server,
}

impl Noida {
    /// Starts one without documents.
    ///
    /// # Errors
    ///
    /// When it is not here or does not start.
    pub fn start() -> Result<Self, BackendError> {
        let address = free_address().map_err(|source| could_not_run(PROGRAM, source))?;
        Self::start_at(address)
    }

    /// Starts one at an address that is known before.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub fn start_at(address: SocketAddr) -> Result<Self, BackendError> {
        let ready = format!("http://{address}/");
        let server = Server::start(
            PROGRAM,
            START,
            |command, directory| {
                command
                    .args(["start", "--only", "elasticsearch", "--host"])
                    .arg(address.ip().to_string())
                    .args(["--elasticsearch-port", &address.port().to_string()])
                    .arg("--data-dir")
                    .arg(directory.join("data"))
                    .current_dir(directory);
                Ok(())
            },
            || get(&ready).is_ok(),
        )?;
        Ok(Self {
            address,
            _server: server,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL, such as `http://127.0.0.1:9200`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sets an index template.
    ///
    /// # Errors
    ///
    /// When it does not answer, or refuses it.
    pub fn put_template(&self, name: &str, template: &Value) -> Result<(), BackendError> {
        let url = format!("{}/_index_template/{name}", self.url());
        read(
            &url,
            ureq::put(&url)
                .content_type(JSON)
                .send(template.to_string()),
        )
        .map(drop)
    }

    /// The types of the fields of an index.
    ///
    /// # Errors
    ///
    /// When it does not answer, or has no such index.
    pub fn properties(&self, index: &str) -> Result<Value, BackendError> {
        let mut answer = self.get(&format!("{index}/_mapping"))?;
        Ok(answer[index]["mappings"]["properties"].take())
    }

    /// How many documents can be found in an index; none where there is no such index.
    ///
    /// # Errors
    ///
    /// When it does not answer.
    pub fn count(&self, index: &str) -> Result<u64, BackendError> {
        let answer = self.get(&format!("{index}/_count?ignore_unavailable=true"))?;
        Ok(answer["count"].as_u64().unwrap_or_default())
    }

    /// The documents of an index that fit a
    /// [query](https://www.elastic.co/docs/reference/query-languages/querydsl), as they were written, of which it gives at most 10,000.
    ///
    /// # Errors
    ///
    /// When it does not answer or refuses the query.
    pub fn search(&self, index: &str, query: &Value) -> Result<Vec<Value>, BackendError> {
        self.get(&format!("{index}/_refresh"))?;
        let url = format!("{}/{index}/_search", self.url());
        let search = json!({"query": query, "size": MOST});
        let mut answer = read(
            &url,
            ureq::post(&url).content_type(JSON).send(search.to_string()),
        )?;
        let hits = answer["hits"]["hits"].as_array_mut();
        let hits = hits.into_iter().flatten();
        Ok(hits.map(|hit| hit["_source"].take()).collect())
    }

    fn get(&self, path: &str) -> Result<Value, BackendError> {
        let url = format!("{}/{path}", self.url());
        read(&url, ureq::get(&url).call())
    }
}

const JSON: &str = "application/json";

fn read(
    url: &str,
    answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<Value, BackendError> {
    let text = answer.and_then(|mut answer| {
        let body = answer.body_mut().with_config().limit(u64::MAX);
        body.read_to_string()
    });
    let text = text.map_err(|source| BackendError::Request {
        url: url.to_owned(),
        source: Box::new(source),
    })?;
    serde_json::from_str(&text).map_err(|_| BackendError::Answer {
        question: url.to_owned(),
        answer: text,
    })
}
