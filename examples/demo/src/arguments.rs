//! What the demo is told on its command line.

use std::{error::Error, fmt};

use crate::logs::LogDestinations;

pub(crate) struct Arguments {
    pub(crate) port: u16,
    pub(crate) branch_port: u16,
    pub(crate) warehouse_port: u16,
    pub(crate) load: bool,
    pub(crate) logs: LogDestinations,
}

#[derive(Debug)]
pub(crate) struct Misunderstood(String);

impl Arguments {
    pub(crate) fn parse(words: impl Iterator<Item = String>) -> Result<Self, Misunderstood> {
        let mut arguments = Self {
            port: 0,
            branch_port: 0,
            warehouse_port: 0,
            load: true,
            logs: LogDestinations::default(),
        };
        let mut words = words;
        while let Some(word) = words.next() {
            match word.as_str() {
                "--without-load" => arguments.load = false,
                "--port" => arguments.port = port(&word, words.next())?,
                "--branch-port" => arguments.branch_port = port(&word, words.next())?,
                "--warehouse-port" => arguments.warehouse_port = port(&word, words.next())?,
                "--log-file" => arguments.logs.file = Some(text(&word, words.next())?.into()),
                "--elasticsearch" => {
                    arguments.logs.elasticsearch = Some(text(&word, words.next())?);
                }
                "--logstash" => arguments.logs.logstash = Some(text(&word, words.next())?),
                _ => return Err(Misunderstood(word)),
            }
        }
        Ok(arguments)
    }
}

fn port(option: &str, value: Option<String>) -> Result<u16, Misunderstood> {
    let value = value.unwrap_or_default();
    let misunderstood = |_| Misunderstood(format!("{option} {value}"));
    value.parse().map_err(misunderstood)
}

fn text(option: &str, value: Option<String>) -> Result<String, Misunderstood> {
    value.ok_or_else(|| Misunderstood(option.to_owned()))
}

impl fmt::Display for Misunderstood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not understood; use `demo [--port 0..65535] [--branch-port 0..65535] [--warehouse-port 0..65535] \
             [--without-load] [--log-file PATH] [--elasticsearch URL] [--logstash HOST:PORT]`",
            self.0
        )
    }
}

impl Error for Misunderstood {}
