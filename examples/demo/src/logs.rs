//! Where the shop logs to, if its command line says so.

use std::path::PathBuf;

use steeple::{
    SteepleBuilder,
    core::errors::Backtrace,
    logs::{Format, RollingFile, Tcp, elasticsearch::Elasticsearch},
};

#[derive(Default)]
pub(crate) struct LogDestinations {
    pub(crate) file: Option<PathBuf>,
    /// The URL of a server.
    pub(crate) elasticsearch: Option<String>,
    /// Who reads lines over TCP.
    pub(crate) logstash: Option<String>,
}

impl LogDestinations {
    pub(crate) fn are_there(&self) -> bool {
        self.file.is_some() || self.elasticsearch.is_some() || self.logstash.is_some()
    }

    pub(crate) fn configure(self, steeple: SteepleBuilder) -> SteepleBuilder {
        if !self.are_there() {
            return steeple;
        }
        // What fails while names are looked up for the first time would be told without the calls that led to it.
        Backtrace::prepare();
        steeple.logs(|mut logs| {
            logs = logs.error_log();
            if let Some(file) = self.file {
                logs = logs.to(RollingFile::new(file), Format::Ecs);
            }
            if let Some(url) = self.elasticsearch {
                let server = Elasticsearch::builder(&url)
                    .dataset("demo")
                    .install_template();
                logs = logs.to(server, Format::Ecs);
            }
            if let Some(address) = self.logstash {
                logs = logs.to(Tcp::new(address), Format::Ecs);
            }
            logs
        })
    }
}
