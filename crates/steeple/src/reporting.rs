//! What is sent to Sentry.

use steeple_core::{EnvironmentError, Variables};
use steeple_sentry::{Dsn, DsnError, Sentry, SentryBuilder, SentryError};

use crate::builder::Configure;

const DSN: &str = "SENTRY_DSN";
const ENVIRONMENT: &str = "SENTRY_ENVIRONMENT";
const RELEASE: &str = "SENTRY_RELEASE";

/// What the operator says of Sentry.
#[derive(Default)]
pub(crate) struct SentryEnvironment {
    dsn: Option<String>,
    environment: Option<String>,
    release: Option<String>,
}

impl SentryEnvironment {
    pub(crate) fn read(variables: Variables<'_>) -> Result<Self, EnvironmentError> {
        let dsn = variables.text(DSN)?;
        if let Some(dsn) = &dsn {
            dsn.parse::<Dsn>().map_err(no_dsn)?;
        }
        Ok(Self {
            dsn,
            environment: variables.text(ENVIRONMENT)?,
            release: variables.text(RELEASE)?,
        })
    }
}

/// The key is a secret, so that it is told what is wrong instead of what is set.
fn no_dsn(error: DsnError) -> EnvironmentError {
    let value = match error {
        DsnError::Scheme => "a URL of another scheme",
        DsnError::NoKey => "a URL without a key",
        DsnError::NoProject => "a URL without a project at its end",
        _ => "no URL",
    };
    EnvironmentError::without_value(
        DSN,
        value,
        "a DSN of Sentry's by http, or by https with the feature `tls`, such as `http://KEY@HOST/PROJECT`",
    )
}

/// What is to be sent.
#[derive(Default)]
pub(crate) struct SentrySettings(Option<Configure<SentryBuilder>>);

impl SentrySettings {
    pub(crate) fn configure(&mut self, configure: Configure<SentryBuilder>) {
        let earlier = self.0.take();
        self.0 = Some(Box::new(|sentry| match earlier {
            Some(earlier) => configure(earlier(sentry)),
            None => configure(sentry),
        }));
    }

    /// With the operator's word; checked. There is none where nothing says where to send to.
    pub(crate) fn resolve(
        self,
        environment: &SentryEnvironment,
        is_private: bool,
    ) -> Result<Option<SentryBuilder>, SentryError> {
        let mut sentry = Sentry::builder();
        if let Some(configure) = self.0 {
            sentry = configure(sentry);
        }
        if let Some(dsn) = &environment.dsn {
            sentry = sentry.dsn(dsn);
        }
        if !sentry.has_dsn() {
            return Ok(None);
        }
        if let Some(name) = &environment.environment {
            sentry = sentry.environment(name.clone());
        }
        if let Some(release) = &environment.release {
            sentry = sentry.release(release.clone());
        }
        if is_private {
            sentry = sentry.private();
        }
        sentry.check()?;
        Ok(Some(sentry))
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn read_all(set: &[(&str, &str)]) -> Result<SentryEnvironment, EnvironmentError> {
        let variable = |key: &str| {
            let set = set.iter().find(|(known, _)| *known == key);
            set.map(|(_, value)| OsString::from(value))
        };
        SentryEnvironment::read(Variables::new(&variable))
    }

    fn read(dsn: &str) -> Result<SentryEnvironment, EnvironmentError> {
        read_all(&[("SENTRY_DSN", dsn)])
    }

    #[test]
    fn a_bad_dsn_is_named_and_its_key_is_not_shown() {
        for dsn in [
            "k3y",
            "http://k3y@",
            "ftp://k3y@sentry.example/7",
            "http://k3y@sentry.example",
            "http://sentry.example/7?k3y",
        ] {
            let error = read(dsn).err().unwrap();
            let told = format!("{error} {error:?}");
            assert!(told.contains("SENTRY_DSN"), "{told}");
            assert!(told.contains("KEY@HOST/PROJECT"), "{told}");
            assert!(!told.contains("k3y"), "{told}");
        }
    }

    #[test]
    fn the_operator_has_the_last_word() {
        let mut settings = SentrySettings::default();
        settings.configure(Box::new(|sentry| sentry.dsn("no DSN").release("1")));
        settings.configure(Box::new(|sentry| {
            sentry.environment("laptop").send_pii(true)
        }));
        let environment = read_all(&[
            ("SENTRY_DSN", "http://k3y@127.0.0.1:1/7"),
            ("SENTRY_ENVIRONMENT", "staging"),
            ("SENTRY_RELEASE", "2"),
        ]);
        let sentry = settings.resolve(&environment.unwrap(), true);
        let told = format!("{:?}", sentry.unwrap().unwrap());
        for part in ["127.0.0.1:1/7", "\"2\"", "\"staging\"", "send_pii: true"] {
            assert!(told.contains(part), "{told}");
        }
    }

    #[test]
    fn without_a_dsn_nothing_is_sent() {
        let mut settings = SentrySettings::default();
        settings.configure(Box::new(|sentry| sentry.release("1")));
        let sentry = settings.resolve(&read("").unwrap(), true).unwrap();
        assert!(sentry.is_none());
    }
}
