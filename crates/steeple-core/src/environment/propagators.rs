use std::ffi::OsString;

use super::{EnvironmentError, Variables};
use crate::Propagators;

const PROPAGATORS: &str = "OTEL_PROPAGATORS";

impl Propagators {
    /// What [`OTEL_PROPAGATORS`] says, if it is set: as [`parse`](Self::parse) has it, with a warning of what is no name.
    ///
    /// # Errors
    ///
    /// If the variable is not UTF-8.
    ///
    /// [`OTEL_PROPAGATORS`]: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration
    pub fn from_environment(
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Option<Self>, EnvironmentError> {
        let list = Variables::new(&variable).text(PROPAGATORS)?;
        Ok(list.map(|list| {
            Self::parse(&list, |unknown| {
                tracing::warn!(key = PROPAGATORS, "ignored: {unknown}");
            })
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn propagators_are_read() {
        let read = |value: &str| {
            let variable = |key: &str| (key == PROPAGATORS).then(|| value.into());
            format!("{:?}", Propagators::from_environment(variable).unwrap())
        };
        let expected = Propagators::parse("b3", |_| {});
        assert_eq!(read("b3,unknown"), format!("{:?}", Some(expected)));
        assert_eq!(read(""), "None");
    }
}
