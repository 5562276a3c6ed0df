use std::{ffi::OsString, time::Duration};

use super::EnvironmentError;

/// The environment. As the OpenTelemetry specification has it, an empty variable is not set.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "the environment is secret")]
pub struct Variables<'a>(&'a dyn Fn(&str) -> Option<OsString>);

impl<'a> Variables<'a> {
    /// Those that `variable` tells, as [`std::env::var_os`] does.
    pub fn new(variable: &'a dyn Fn(&str) -> Option<OsString>) -> Self {
        Self(variable)
    }

    /// Its value.
    ///
    /// # Errors
    ///
    /// If that is not UTF-8.
    pub fn text(self, key: &'static str) -> Result<Option<String>, EnvironmentError> {
        match (self.0)(key).map(OsString::into_string) {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(value).filter(|value| !value.is_empty())),
            Some(Err(_)) => Err(EnvironmentError::without_value(key, "not UTF-8", "UTF-8")),
        }
    }

    /// A [boolean](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#boolean-value):
    /// whatever is not `true` is false, with a warning if it is not `false` either.
    ///
    /// # Errors
    ///
    /// If it is not UTF-8.
    pub fn boolean(self, key: &'static str) -> Result<Option<bool>, EnvironmentError> {
        let Some(value) = self.text(key)? else {
            return Ok(None);
        };
        let known = find(&value, &[("true", true), ("false", false)]);
        if known.is_none() {
            tracing::warn!(
                key,
                value,
                "the environment variable is neither `true` nor `false` and is taken for `false`"
            );
        }
        Ok(Some(known == Some(true)))
    }

    /// A number of milliseconds.
    ///
    /// # Errors
    ///
    /// If it is not UTF-8 or no such number.
    pub fn duration(self, key: &'static str) -> Result<Option<Duration>, EnvironmentError> {
        let accepted = "a number of milliseconds, such as 10000";
        let milliseconds = self.number(key, accepted)?;
        Ok(milliseconds.map(Duration::from_millis))
    }

    /// A number, which is told to be what is `accepted`.
    ///
    /// # Errors
    ///
    /// If it is not UTF-8 or no number.
    pub fn number(
        self,
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
    ///
    /// # Errors
    ///
    /// If it is not UTF-8.
    pub fn enumeration<T: Copy>(
        self,
        key: &'static str,
        known: &[(&'static str, T)],
    ) -> Result<Option<T>, EnvironmentError> {
        let value = self.text(key)?;
        Ok(value.and_then(|value| find_or_warn(key, &value, known)))
    }

    /// Several of a few values, separated by commas, as [`enumeration`](Self::enumeration).
    ///
    /// # Errors
    ///
    /// If it is not UTF-8.
    pub fn enumerations<T: Copy>(
        self,
        key: &'static str,
        known: &[(&'static str, T)],
    ) -> Result<Vec<T>, EnvironmentError> {
        let Some(list) = self.text(key)? else {
            return Ok(Vec::new());
        };
        let values = list.split(',');
        let known = values.filter_map(|value| find_or_warn(key, value, known));
        Ok(known.collect())
    }
}

fn find_or_warn<T: Copy>(key: &str, value: &str, known: &[(&'static str, T)]) -> Option<T> {
    let found = find(value, known);
    if found.is_none() {
        let known: Vec<_> = known.iter().map(|(name, _)| *name).collect();
        tracing::warn!(
            key,
            value,
            known = known.join(", "),
            "the value of the environment variable is not known and is ignored"
        );
    }
    found
}

fn find<T: Copy>(value: &str, known: &[(&'static str, T)]) -> Option<T> {
    let value = value.trim();
    let named = known
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(value));
    named.map(|(_, value)| *value)
}
