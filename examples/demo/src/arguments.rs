//! What the demo is told on its command line.

use std::{error::Error, fmt};

pub(crate) struct Arguments {
    pub(crate) port: u16,
    pub(crate) load: bool,
}

#[derive(Debug)]
pub(crate) struct Misunderstood(String);

impl Arguments {
    pub(crate) fn parse(words: impl Iterator<Item = String>) -> Result<Self, Misunderstood> {
        let mut arguments = Self {
            port: 0,
            load: true,
        };
        let mut words = words;
        while let Some(word) = words.next() {
            match word.as_str() {
                "--without-load" => arguments.load = false,
                "--port" => {
                    let port = words.next().unwrap_or_default();
                    arguments.port = port
                        .parse()
                        .map_err(|_| Misunderstood(format!("--port {port}")))?;
                }
                _ => return Err(Misunderstood(word)),
            }
        }
        Ok(arguments)
    }
}

impl fmt::Display for Misunderstood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not understood; use `demo [--port 0..65535] [--without-load]`",
            self.0
        )
    }
}

impl Error for Misunderstood {}
