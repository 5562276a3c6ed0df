use std::ffi::OsString;

use steeple_core::{Propagators, Sampler};

use super::variables::{EnvironmentError, Variables};

const PROPAGATORS: &str = "OTEL_PROPAGATORS";
const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";

/// What the environment says of traces before any is exported.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TraceEnvironment {
    /// `OTEL_PROPAGATORS`, if it is set.
    pub propagators: Option<Propagators>,
    /// `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`, if the first is set to one that is known.
    pub sampler: Option<Sampler>,
}

#[derive(Clone, Copy)]
enum Named {
    AlwaysOn,
    AlwaysOff,
    Ratio,
    ParentBasedAlwaysOn,
    ParentBasedAlwaysOff,
    ParentBasedRatio,
}

impl TraceEnvironment {
    /// Reads the variables; what is not known is ignored with a warning.
    ///
    /// # Errors
    ///
    /// If a variable is not UTF-8, or the ratio is no number from 0 to 1.
    pub fn read(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, EnvironmentError> {
        let variables = Variables::new(variable);
        let propagators = variables.text(PROPAGATORS)?.map(|list| {
            Propagators::parse(&list, |unknown| {
                tracing::warn!(key = PROPAGATORS, "ignored: {unknown}");
            })
        });
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
        let sampler = match named {
            None => None,
            Some(Named::AlwaysOn) => Some(Sampler::always_on()),
            Some(Named::AlwaysOff) => Some(Sampler::always_off()),
            Some(Named::Ratio) => Some(Sampler::ratio(ratio()?)),
            Some(Named::ParentBasedAlwaysOn) => Some(Sampler::always_on().parent_based()),
            Some(Named::ParentBasedAlwaysOff) => Some(Sampler::always_off().parent_based()),
            Some(Named::ParentBasedRatio) => Some(Sampler::ratio(ratio()?).parent_based()),
        };
        Ok(Self {
            propagators,
            sampler,
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

    fn read(variables: &[(&str, &str)]) -> Result<TraceEnvironment, EnvironmentError> {
        TraceEnvironment::read(|key| {
            let set = variables.iter().find(|(name, _)| *name == key);
            set.map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn samplers_are_known_by_their_names() {
        let sampler = |name, argument| {
            let read = read(&[(SAMPLER, name), (ARGUMENT, argument)]).unwrap();
            format!("{:?}", read.sampler)
        };
        let is = |sampler: Sampler| format!("{:?}", Some(sampler));
        assert_eq!(sampler("Always_On", ""), is(Sampler::always_on()));
        assert_eq!(sampler("always_off", ""), is(Sampler::always_off()));
        assert_eq!(sampler("traceidratio", "0.25"), is(Sampler::ratio(0.25)));
        assert_eq!(sampler("traceidratio", ""), is(Sampler::ratio(1.0)));
        assert_eq!(
            sampler("parentbased_always_on", ""),
            is(Sampler::always_on().parent_based())
        );
        assert_eq!(
            sampler("parentbased_always_off", ""),
            is(Sampler::always_off().parent_based())
        );
        assert_eq!(
            sampler("parentbased_traceidratio", "0.5"),
            is(Sampler::ratio(0.5).parent_based())
        );
        assert_eq!(sampler("jaeger_remote", ""), "None");
        assert_eq!(sampler("", "0.5"), "None");
    }

    #[test]
    fn a_ratio_that_is_none_is_an_error() {
        for ratio in ["half", "-0.1", "1.5", "NaN"] {
            let error = read(&[(SAMPLER, "traceidratio"), (ARGUMENT, ratio)]).unwrap_err();
            assert_eq!((error.key, error.value), (ARGUMENT, format!("{ratio:?}")));
        }
    }

    #[test]
    fn propagators_are_read() {
        let read = read(&[(PROPAGATORS, "b3,unknown")]).unwrap();
        let expected = Propagators::parse("b3", |_| {});
        assert_eq!(
            format!("{:?}", read.propagators),
            format!("{:?}", Some(expected))
        );
    }
}
