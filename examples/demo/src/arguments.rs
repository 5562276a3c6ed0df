//! What the demo is told on its command line.

use std::{error::Error, fmt};

pub(crate) struct Arguments {
    pub(crate) port: u16,
    pub(crate) branch_port: u16,
    pub(crate) warehouse_port: u16,
    pub(crate) load: bool,
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
        };
        let mut words = words;
        while let Some(word) = words.next() {
            match word.as_str() {
                "--without-load" => arguments.load = false,
                "--port" => arguments.port = port(&word, words.next())?,
                "--branch-port" => arguments.branch_port = port(&word, words.next())?,
                "--warehouse-port" => arguments.warehouse_port = port(&word, words.next())?,
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

impl fmt::Display for Misunderstood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not understood; use `demo [--port 0..65535] [--branch-port 0..65535] [--warehouse-port 0..65535] \
             [--without-load]`",
            self.0
        )
    }
}

impl Error for Misunderstood {}
