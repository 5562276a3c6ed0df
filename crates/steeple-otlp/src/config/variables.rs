use std::{ffi::OsString, time::Duration};

/// An environment variable has a value that it cannot have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {key} is {value}, but must be {accepted}; correct or unset it")]
#[non_exhaustive]
pub struct EnvironmentError {
    /// The variable.
    pub key: &'static str,
    /// Its value, unless that is secret.
    pub value: String,
    /// What is accepted.
    pub accepted: &'static str,
}

impl EnvironmentError {
    pub(super) fn new(key: &'static str, value: &str, accepted: &'static str) -> Self {
        Self {
            key,
            value: format!("{value:?}"),
            accepted,
        }
    }
}

/// The environment. As the OpenTelemetry specification has it, an empty variable is not set.
pub(super) struct Variables<F>(F);

impl<F: Fn(&str) -> Option<OsString>> Variables<F> {
    pub(super) fn new(variable: F) -> Self {
        Self(variable)
    }

    pub(super) fn text(&self, key: &'static str) -> Result<Option<String>, EnvironmentError> {
        match (self.0)(key).map(OsString::into_string) {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(value).filter(|value| !value.is_empty())),
            Some(Err(_)) => Err(EnvironmentError {
                key,
                value: "not UTF-8".to_owned(),
                accepted: "UTF-8",
            }),
        }
    }

    /// A [boolean](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#boolean-value):
    /// whatever is not `true` is false.
    pub(super) fn boolean(&self, key: &'static str) -> Result<Option<bool>, EnvironmentError> {
        let known = self.enumeration(key, &[("true", true), ("false", false)])?;
        let is_set = self.text(key)?.is_some();
        Ok(known.or(is_set.then_some(false)))
    }

    /// A number of milliseconds.
    pub(super) fn duration(&self, key: &'static str) -> Result<Option<Duration>, EnvironmentError> {
        let accepted = "a number of milliseconds, such as 10000";
        let milliseconds = self.number(key, accepted)?;
        Ok(milliseconds.map(Duration::from_millis))
    }

    pub(super) fn number(
        &self,
        key: &'static str,
        accepted: &'static str,
    ) -> Result<Option<u64>, EnvironmentError> {
        let Some(text) = self.text(key)? else {
            return Ok(None);
        };
        let number = text.trim().parse().ok();
        number
            .map(Some)
            .ok_or_else(|| EnvironmentError::new(key, &text, accepted))
    }

    /// One of a few values, in any case. As the specification has it, another one is ignored, with a warning.
    pub(super) fn enumeration<T: Copy>(
        &self,
        key: &'static str,
        known: &[(&'static str, T)],
    ) -> Result<Option<T>, EnvironmentError> {
        let Some(value) = self.text(key)? else {
            return Ok(None);
        };
        let found = find(&value, known);
        if found.is_none() {
            warn_unknown(key, &value, known);
        }
        Ok(found)
    }
}

pub(super) fn find<T: Copy>(value: &str, known: &[(&'static str, T)]) -> Option<T> {
    let value = value.trim();
    let named = known
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(value));
    named.map(|(_, value)| *value)
}

pub(super) fn warn_unknown<T>(key: &str, value: &str, known: &[(&'static str, T)]) {
    let known: Vec<_> = known.iter().map(|(name, _)| *name).collect();
    tracing::warn!(
        key,
        value,
        known = known.join(", "),
        "the value of the environment variable is not known and is ignored"
    );
}
