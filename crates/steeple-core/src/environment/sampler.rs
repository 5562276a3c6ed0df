use std::ffi::OsString;

use super::{EnvironmentError, Variables};
use crate::Sampler;

const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";

#[derive(Clone, Copy)]
enum Named {
    AlwaysOn,
    AlwaysOff,
    Ratio,
    ParentBasedAlwaysOn,
    ParentBasedAlwaysOff,
    ParentBasedRatio,
}

impl Sampler {
    /// What [`OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`][variables] say, if the first is set; a name that is not known
    /// is ignored with a warning.
    ///
    /// # Errors
    ///
    /// If a variable is not UTF-8, or the ratio is no number from 0 to 1.
    ///
    /// [variables]: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration
    pub fn from_environment(
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Option<Self>, EnvironmentError> {
        let variables = Variables::new(&variable);
        let named = variables.enumeration(
            SAMPLER,
            &[
                ("always_on", Named::AlwaysOn),
                ("always_off", Named::AlwaysOff),
                ("traceidratio", Named::Ratio),
                ("parentbased_always_on", Named::ParentBasedAlwaysOn),
                ("parentbased_always_off", Named::ParentBasedAlwaysOff),
                ("parentbased_traceidratio", Named::ParentBasedRatio),
            ],
        )?;
        let ratio = || ratio(variables.text(ARGUMENT)?);
        Ok(match named {
            None => None,
            Some(Named::AlwaysOn) => Some(Self::always_on()),
            Some(Named::AlwaysOff) => Some(Self::always_off()),
            Some(Named::Ratio) => Some(Self::ratio(ratio()?)),
            Some(Named::ParentBasedAlwaysOn) => Some(Self::always_on().parent_based()),
            Some(Named::ParentBasedAlwaysOff) => Some(Self::always_off().parent_based()),
            Some(Named::ParentBasedRatio) => Some(Self::ratio(ratio()?).parent_based()),
        })
    }
}

/// 1 unless it is given, as the specification has it.
fn ratio(argument: Option<String>) -> Result<f64, EnvironmentError> {
    let Some(text) = argument else {
        return Ok(1.0);
    };
    let ratio = text.trim().parse().ok();
    ratio
        .filter(|ratio| (0.0..=1.0).contains(ratio))
        .ok_or_else(|| EnvironmentError::new(ARGUMENT, &text, "a number from 0 to 1, such as 0.25"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, argument: &str) -> Result<Option<Sampler>, EnvironmentError> {
        Sampler::from_environment(|key| match key {
            SAMPLER => Some(name.into()),
            ARGUMENT => Some(argument.into()),
            _ => None,
        })
    }

    #[test]
    fn samplers_are_known_by_their_names() {
        let is = |sampler: Sampler| format!("{:?}", Some(sampler));
        for (name, argument, expected) in [
            ("Always_On", "", is(Sampler::always_on())),
            ("always_off", "", is(Sampler::always_off())),
            ("traceidratio", "0.25", is(Sampler::ratio(0.25))),
            ("traceidratio", "", is(Sampler::ratio(1.0))),
            (
                "parentbased_always_on",
                "",
                is(Sampler::always_on().parent_based()),
            ),
            (
                "parentbased_always_off",
                "",
                is(Sampler::always_off().parent_based()),
            ),
            (
                "parentbased_traceidratio",
                "0.5",
                is(Sampler::ratio(0.5).parent_based()),
            ),
            ("jaeger_remote", "", "None".to_owned()),
            ("", "0.5", "None".to_owned()),
        ] {
            assert_eq!(format!("{:?}", read(name, argument).unwrap()), expected);
        }
    }

    #[test]
    fn a_ratio_that_is_none_is_an_error() {
        for ratio in ["half", "-0.1", "1.5", "NaN"] {
            let error = read("traceidratio", ratio).unwrap_err();
            assert_eq!((error.key, error.value), (ARGUMENT, format!("{ratio:?}")));
        }
    }
}
