use std::{
    fmt::{self, Display, Formatter},
    str::FromStr,
};

use tracing_core::LevelFilter;
use tracing_subscriber::filter::Targets;

use super::DirectivesError;

/// How many there may be.
const MOST: usize = 64;

/// The levels, in the order in which each tells more.
const LEVELS: [LevelFilter; 6] = [
    LevelFilter::OFF,
    LevelFilter::ERROR,
    LevelFilter::WARN,
    LevelFilter::INFO,
    LevelFilter::DEBUG,
    LevelFilter::TRACE,
];

/// Up to which level is logged, by target: `info,shop::cart=debug`.
///
/// They are separated by commas. One without a target is for all that no other is for; of those whose targets a target begins
/// with, the longest counts. There are at most 64. Without any, nothing is logged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directives(Vec<Directive>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Directive {
    target: Option<String>,
    level: LevelFilter,
}

impl Directives {
    /// The same with each level so many steps further: more is told by positive ones. What is off stays so, and nothing else
    /// becomes it.
    pub(crate) fn further(&self, steps: i8) -> Self {
        let further = |level: LevelFilter| match place(level) {
            0 => level,
            place => {
                LEVELS[place
                    .saturating_add_signed(steps.into())
                    .clamp(1, LEVELS.len() - 1)]
            }
        };
        let directives = self.0.iter().map(|directive| Directive {
            target: directive.target.clone(),
            level: further(directive.level),
        });
        Self(directives.collect())
    }

    pub(crate) fn targets(&self) -> Targets {
        let targets = Targets::new();
        (self.0.iter()).fold(targets, |targets, directive| match &directive.target {
            Some(target) => targets.with_target(target, directive.level),
            None => targets.with_default(directive.level),
        })
    }
}

fn place(level: LevelFilter) -> usize {
    LEVELS.iter().position(|known| *known == level).unwrap_or(0)
}

fn name(level: LevelFilter) -> &'static str {
    ["off", "error", "warn", "info", "debug", "trace"][place(level)]
}

impl From<LevelFilter> for Directives {
    fn from(level: LevelFilter) -> Self {
        Self(vec![Directive {
            target: None,
            level,
        }])
    }
}

impl FromStr for Directives {
    type Err = DirectivesError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split(',').map(str::trim);
        let directives: Vec<_> = parts
            .filter(|part| !part.is_empty())
            .map(Directive::parse)
            .collect::<Result<_, _>>()?;
        if directives.len() > MOST {
            return Err(DirectivesError::TooMany { most: MOST });
        }
        Ok(Self(directives))
    }
}

impl Directive {
    fn parse(text: &str) -> Result<Self, DirectivesError> {
        let (target, level) = match text.split_once('=') {
            Some((target, level)) => (Some(target.trim()), level.trim()),
            None => (None, text),
        };
        let directive = || text.chars().take(100).collect();
        // The parser of levels takes nothing for an error, and numbers.
        let is_known = LEVELS
            .iter()
            .any(|known| name(*known).eq_ignore_ascii_case(level));
        let level = level.parse().ok().filter(|_| is_known);
        let level = level.ok_or_else(|| DirectivesError::Level {
            directive: directive(),
        })?;
        let is_of_target = |byte: u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'-' | b'.' | b'/')
        };
        if target.is_some_and(|target| target.is_empty() || !target.bytes().all(is_of_target)) {
            return Err(DirectivesError::Target {
                directive: directive(),
            });
        }
        Ok(Self {
            target: target.map(str::to_owned),
            level,
        })
    }
}

/// As they are parsed.
impl Display for Directives {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (place, Directive { target, level }) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            match target {
                Some(target) => write!(f, "{comma}{target}={}", name(*level))?,
                None => write!(f, "{comma}{}", name(*level))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directives(text: &str) -> Directives {
        text.parse().unwrap()
    }

    #[test]
    fn directives_are_printed_as_they_are_parsed() {
        for (text, printed) in [
            ("info", "info"),
            (" INFO , shop::cart = debug,,", "info,shop::cart=debug"),
            ("my-crate=off", "my-crate=off"),
            ("", ""),
        ] {
            assert_eq!(directives(text).to_string(), printed);
            assert_eq!(directives(printed), directives(text));
        }
    }

    #[test]
    fn what_is_no_directive_is_named() {
        for (text, named) in [
            ("info,shop=verbose", "`shop=verbose` names no level"),
            ("debgu", "`debgu` names no level"),
            ("shop=", "`shop=` names no level"),
            ("shop=3", "`shop=3` names no level"),
            ("=debug", "`=debug` names no target"),
            ("shop[span]=debug", "`shop[span]=debug` names no target"),
        ] {
            let error = text.parse::<Directives>().unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
        let many = vec!["info"; MOST + 1].join(",");
        assert!(matches!(
            many.parse::<Directives>(),
            Err(DirectivesError::TooMany { most: MOST })
        ));
    }

    #[test]
    fn steps_go_as_far_as_there_are_levels_and_leave_off_what_is() {
        let configured = directives("info,a=trace,b=error,c=off");
        let told = |steps| configured.further(steps).to_string();
        assert_eq!(told(0), "info,a=trace,b=error,c=off");
        assert_eq!(told(1), "debug,a=trace,b=warn,c=off");
        assert_eq!(told(-1), "warn,a=debug,b=error,c=off");
        assert_eq!(told(i8::MAX), "trace,a=trace,b=trace,c=off");
        assert_eq!(told(i8::MIN), "error,a=error,b=error,c=off");
    }
}
