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
    /// Shows the value.
    #[must_use]
    pub fn new(key: &'static str, value: &str, accepted: &'static str) -> Self {
        Self::without_value(key, format!("{value:?}"), accepted)
    }

    /// Shows `instead` of the value, for one that may be secret.
    #[must_use]
    pub fn without_value(
        key: &'static str,
        instead: impl Into<String>,
        accepted: &'static str,
    ) -> Self {
        Self {
            key,
            value: instead.into(),
            accepted,
        }
    }
}
