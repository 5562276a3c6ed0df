use std::fmt::{self, Debug, Display, Formatter};

use super::REDACTED;

/// A value that is told to nobody: it is printed as `[redacted]`, whatever it is.
///
/// ```
/// use steeple_core::redaction::Sensitive;
///
/// #[derive(Debug)]
/// struct Login {
///     user: &'static str,
///     password: Sensitive<String>,
/// }
///
/// let login = Login { user: "ada", password: Sensitive::new("hunter2".to_owned()) };
/// assert_eq!(format!("{login:?}"), r#"Login { user: "ada", password: [redacted] }"#);
/// assert_eq!(login.password.expose(), "hunter2");
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Sensitive<T>(T);

impl<T> Sensitive<T> {
    /// Hides `value`.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for whoever is to know it.
    #[must_use]
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// As [`expose`](Self::expose), with the value itself.
    #[must_use]
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<T> From<T> for Sensitive<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> Debug for Sensitive<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl<T> Display for Sensitive<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}
