//! The name of a service.

/// A name that can stand for a service in every signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceName(String);

/// A text cannot be the name of a service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceNameError {
    /// It is empty.
    #[error("the name of the service is empty; give it one, such as `shop`")]
    Empty,
    /// It is too long.
    #[error("the name of the service has {length} bytes; use at most 255")]
    TooLong {
        /// How many bytes it has.
        length: usize,
    },
    /// It has a character that cannot be shown or that spaces are lost by.
    #[error(
        "the name of the service, {name:?}, has control characters or outer white space; remove them"
    )]
    Unprintable {
        /// The name.
        name: String,
    },
}

impl ServiceName {
    pub(crate) fn parse(name: String) -> Result<Self, ServiceNameError> {
        if name.trim().is_empty() {
            return Err(ServiceNameError::Empty);
        }
        if name.len() > 255 {
            return Err(ServiceNameError::TooLong { length: name.len() });
        }
        if name.chars().any(char::is_control) || name.trim() != name {
            return Err(ServiceNameError::Unprintable { name });
        }
        Ok(Self(name))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_must_be_there_short_and_printable() {
        let parse = |name: &str| ServiceName::parse(name.to_owned());
        assert_eq!(parse("my shop").unwrap().as_str(), "my shop");
        assert_eq!(parse(""), Err(ServiceNameError::Empty));
        assert_eq!(parse(" \t"), Err(ServiceNameError::Empty));
        assert_eq!(
            parse(&"x".repeat(256)),
            Err(ServiceNameError::TooLong { length: 256 })
        );
        for bad in ["a\nb", " a", "a\u{7}"] {
            assert_eq!(
                parse(bad),
                Err(ServiceNameError::Unprintable {
                    name: bad.to_owned()
                })
            );
        }
    }
}
