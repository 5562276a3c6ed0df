//! A VictoriaMetrics server.

use std::{fs, net::SocketAddr, ops::Deref, time::Duration};

use super::{BackendError, PromQl, Server, prometheus::scrape};

const PROGRAM: &str = "victoria-metrics";
const START: Duration = Duration::from_secs(30);

/// A VictoriaMetrics that scrapes `/metrics` of its targets every second.
#[derive(Debug)]
pub struct VictoriaMetrics {
    queries: PromQl,
    _server: Server,
}

impl VictoriaMetrics {
    /// Starts one, with `targets` as the job `steeple`.
    ///
    /// # Errors
    ///
    /// When it is not here or does not start.
    pub fn scraping(targets: &[SocketAddr]) -> Result<Self, BackendError> {
        let (server, address) =
            Server::listen(PROGRAM, START, "/health", |command, directory, address| {
                let configuration = directory.join("scrape.yml");
                fs::write(&configuration, scrape(targets))?;
                command
                    .arg(format!("-promscrape.config={}", configuration.display()))
                    .arg(format!(
                        "-storageDataPath={}",
                        directory.join("data").display()
                    ))
                    .arg(format!("-httpListenAddr={address}"))
                    .args([
                        "-search.latencyOffset=0s",
                        "-search.disableCache",
                        "-memory.allowedBytes=256MB",
                        "-loggerLevel=WARN",
                    ]);
                Ok(())
            })?;
        Ok(Self {
            queries: PromQl { address },
            _server: server,
        })
    }
}

impl Deref for VictoriaMetrics {
    type Target = PromQl;

    fn deref(&self) -> &PromQl {
        &self.queries
    }
}
