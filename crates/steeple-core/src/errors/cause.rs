use std::{
    borrow::Cow,
    error::Error,
    fmt::{self, Debug, Write},
    iter,
};

use crate::{outcome::ErrorType, text};

/// How many links of a chain are kept. An error may be its own source.
const LONGEST_CHAIN: usize = 16;

/// One link of the chain of an error: the error itself, or what caused it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cause {
    /// The name of its type, where that is known.
    pub type_name: Option<Cow<'static, str>>,
    /// What it says, at most 1,024 bytes.
    pub message: String,
}

impl Cause {
    pub(crate) fn new(type_name: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            type_name: Some(type_name.into()),
            message: message.into(),
        }
    }

    /// The name of its type without the path in front of it.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        let path = self.type_name.as_deref()?;
        // What it is generic over has paths of its own.
        let end = path.find('<').unwrap_or(path.len());
        Some(path[..end].rfind("::").map_or(path, |at| &path[at + 2..]))
    }

    /// The error and what caused it, the outermost first.
    pub(crate) fn chain<E: Error + ?Sized>(error: &E) -> Vec<Self> {
        let first = Self {
            type_name: ErrorType::known_name_of::<E>()
                .map(Cow::Borrowed)
                .or_else(|| printed_type(error)),
            message: text::bounded(error),
        };
        let sources =
            iter::successors(error.source(), |source| (*source).source()).map(|source| Self {
                type_name: printed_type(source),
                message: text::bounded(source),
            });
        iter::once(first)
            .chain(sources.take(LONGEST_CHAIN - 1))
            .collect()
    }
}

/// The name that an error of unknown type prints first for a programmer, as derived code does.
fn printed_type<E: Error + ?Sized>(error: &E) -> Option<Cow<'static, str>> {
    let mut name = FirstName(String::new());
    // An error means that the name is over.
    let _ = write!(name, "{error:?}");
    let FirstName(name) = name;
    let is_type = name.starts_with(|first: char| first.is_ascii_uppercase())
        // Those that print the same for all say no type.
        && !text::bounded(error).starts_with(&name);
    is_type.then_some(Cow::Owned(name))
}

/// Takes in the first name of a text.
struct FirstName(String);

impl Write for FirstName {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        const LONGEST: usize = 64;
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let end = part.find(|letter| !is_name(letter)).unwrap_or(part.len());
        let kept = end.min(LONGEST - self.0.len());
        self.0.push_str(&part[..kept]);
        if kept == part.len() {
            Ok(())
        } else {
            Err(fmt::Error)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("no user {id}")]
    struct NoUser {
        id: u32,
        source: Query,
    }

    #[derive(Debug, thiserror::Error)]
    enum Query {
        #[error("the database is away")]
        Away(#[source] io::Error),
    }

    fn no_user() -> NoUser {
        let refused = io::Error::new(io::ErrorKind::ConnectionRefused, "refused");
        NoUser {
            id: 7,
            source: Query::Away(refused),
        }
    }

    #[test]
    fn a_chain_has_every_source() {
        let chain = Cause::chain(&no_user());
        let said: Vec<_> = chain.iter().map(|cause| &*cause.message).collect();
        assert_eq!(said, ["no user 7", "the database is away", "refused"]);
        let types: Vec<_> = chain
            .iter()
            .map(|cause| cause.type_name.as_deref().unwrap())
            .collect();
        assert!(types[0].ends_with("cause::tests::NoUser"), "{types:?}");
        assert_eq!(types[1..], ["Away", "Custom"]);
    }

    #[test]
    fn a_name_has_no_path_in_front_of_it() {
        for (type_name, name) in [
            ("panic", "panic"),
            ("shop::db::Away", "Away"),
            ("shop::Failed<std::io::Error>", "Failed<std::io::Error>"),
        ] {
            assert_eq!(Cause::new(type_name, "").name(), Some(name));
        }
    }

    #[test]
    fn the_type_of_a_hidden_error_is_what_it_prints_first() {
        let hidden: Box<dyn Error> = Box::new(no_user());
        let chain = Cause::chain(&*hidden);
        assert_eq!(chain[0].type_name.as_deref(), Some("NoUser"));
        let text: Box<dyn Error> = "only a text".into();
        assert_eq!(Cause::chain(&*text)[0].type_name, None);
    }

    #[test]
    fn an_error_that_prints_the_same_for_all_has_no_type() {
        #[derive(thiserror::Error)]
        #[error("ORD7f3a not found")]
        struct Plain;
        impl Debug for Plain {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
        let hidden: Box<dyn Error> = Box::new(Plain);
        assert_eq!(Cause::chain(&*hidden)[0].type_name, None);
    }

    #[test]
    fn a_chain_that_is_a_circle_ends() {
        struct Circle;
        impl Debug for Circle {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&"X".repeat(1 << 20))
            }
        }
        impl fmt::Display for Circle {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("round")
            }
        }
        impl Error for Circle {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&Circle)
            }
        }
        let chain = Cause::chain(&Circle);
        assert_eq!(chain.len(), LONGEST_CHAIN);
        assert_eq!(chain[1].type_name.as_deref(), Some(&*"X".repeat(64)));
    }
}
