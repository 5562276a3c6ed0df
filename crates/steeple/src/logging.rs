//! What is logged.

use steeple_core::{EnvironmentError, Variables, redaction::percent_decoded};
use steeple_logs::{Directives, Logs, LogsBuilder};

use crate::{builder::Configure, service_name::ServiceName};

const LEVELS: &str = "RUST_LOG";
const RESOURCE_ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";

/// What the operator says of logs.
#[derive(Default)]
pub(crate) struct LogEnvironment {
    levels: Option<Directives>,
    resource: Vec<(String, String)>,
}

impl LogEnvironment {
    pub(crate) fn read(variables: Variables<'_>) -> Result<Self, EnvironmentError> {
        let levels = variables.text(LEVELS)?.map(|list| levels(&list));
        let resource = variables.text(RESOURCE_ATTRIBUTES)?;
        Ok(Self {
            levels: levels.transpose()?,
            resource: resource.map(|list| attributes(&list)).unwrap_or_default(),
        })
    }
}

fn levels(list: &str) -> Result<Directives, EnvironmentError> {
    let accepted = "levels by target such as `info,shop::cart=debug`";
    list.parse()
        .map_err(|_| EnvironmentError::new(LEVELS, list, accepted))
}

/// Those that are keys with values.
fn attributes(list: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| {
        let bytes = percent_decoded(text.trim()).collect();
        String::from_utf8(bytes).ok()
    };
    let pairs = list.split(',').filter_map(|pair| pair.split_once('='));
    pairs
        .filter_map(|(key, value)| Some((decoded(key)?, decoded(value)?)))
        .collect()
}

/// What is to be logged.
#[derive(Default)]
pub(crate) struct LogSettings(Option<Configure<LogsBuilder>>);

impl LogSettings {
    pub(crate) fn configure(&mut self, configure: Configure<LogsBuilder>) {
        let earlier = self.0.take();
        self.0 = Some(Box::new(|logs| match earlier {
            Some(earlier) => configure(earlier(logs)),
            None => configure(logs),
        }));
    }

    /// With the operator's word. There is none where the application wants no logs.
    pub(crate) fn resolve(
        self,
        environment: &LogEnvironment,
        name: &ServiceName,
    ) -> Option<LogsBuilder> {
        let mut logs = self.0?(Logs::builder(name.as_str()));
        if let Some(levels) = &environment.levels {
            logs = logs.levels(levels.clone());
        }
        let attributes = environment.resource.iter();
        let others = attributes.filter(|(key, _)| key != "service.name");
        Some(others.fold(logs, |logs, (key, value)| {
            logs.resource_attribute(key, value)
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn read(levels: &str, resource: &str) -> Result<LogEnvironment, EnvironmentError> {
        let variable = |key: &str| match key {
            LEVELS => Some(OsString::from(levels)),
            RESOURCE_ATTRIBUTES => Some(OsString::from(resource)),
            _ => None,
        };
        LogEnvironment::read(Variables::new(&variable))
    }

    #[test]
    fn the_operator_has_the_last_word() {
        let environment = read("warn", "service.version=1%2C2, host.name = h ,odd").unwrap();
        let mut settings = LogSettings::default();
        settings.configure(Box::new(|logs| {
            logs.levels("trace".parse().unwrap())
                .resource_attribute("service.version", "0")
        }));
        let name = ServiceName::parse("shop".to_owned()).unwrap();
        let logs = settings.resolve(&environment, &name).unwrap();
        let told = format!("{logs:?}");
        for part in ["\"shop\"", "\"1,2\"", "\"h\"", "Warn"] {
            assert!(told.to_lowercase().contains(&part.to_lowercase()), "{told}");
        }
        assert!(!told.to_lowercase().contains("trace"), "{told}");
    }

    #[test]
    fn without_settings_nothing_is_logged_and_wrong_levels_are_named() {
        let name = ServiceName::parse("shop".to_owned()).unwrap();
        let environment = read("info", "").unwrap();
        assert!(
            LogSettings::default()
                .resolve(&environment, &name)
                .is_none()
        );
        let error = read("loud=very", "").err().unwrap().to_string();
        assert!(
            error.contains("RUST_LOG") && error.contains("loud=very"),
            "{error}"
        );
    }
}
