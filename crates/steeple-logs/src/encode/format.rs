use std::{fmt, str::FromStr};

use thiserror::Error;

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// JSON by the [Elastic Common Schema](https://www.elastic.co/docs/reference/ecs) 8.11, as Elasticsearch and Kibana take it.
    Ecs,
    /// JSON of one object without others in it.
    Json,
    /// `key=value`, with quotes where they are needed.
    Logfmt,
    /// For people: the time, the level, who says it, what, and the fields behind it. Coloured where a terminal shows it.
    Pretty,
}

/// A text names no format.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{name:?} is no format of logs; use one of ecs, json, logfmt and pretty")]
pub struct UnknownFormat {
    name: String,
}

impl Format {
    /// The name, as it is read: `ecs`, `json`, `logfmt` or `pretty`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ecs => "ecs",
            Self::Json => "json",
            Self::Logfmt => "logfmt",
            Self::Pretty => "pretty",
        }
    }

    /// Whether texts are always in quotes.
    pub(super) fn is_json(self) -> bool {
        matches!(self, Self::Ecs | Self::Json)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let all = [Self::Ecs, Self::Json, Self::Logfmt, Self::Pretty];
        all.into_iter()
            .find(|format| format.as_str().eq_ignore_ascii_case(name))
            .ok_or_else(|| UnknownFormat {
                name: name.to_owned(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_read_as_they_are_printed() {
        for format in [Format::Ecs, Format::Json, Format::Logfmt, Format::Pretty] {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        assert_eq!("ECS".parse(), Ok(Format::Ecs));
        let error = "xml".parse::<Format>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"xml\" is no format of logs; use one of ecs, json, logfmt and pretty"
        );
    }
}
