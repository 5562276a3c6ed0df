use super::{ErrorKind, ErrorReport, glob::Glob, scene::LONGEST_PART};

/// How many rules an observer has at most.
pub(crate) const MOST_RULES: usize = 100;
/// How many parts a fingerprint may have.
pub(super) const MOST_PARTS: usize = 8;

/// Makes the reports of errors that meet all of its conditions the same by what it says, or tells more of them apart.
///
/// Rules are tried in their order, and the first that matches counts. What the application says where an error happens, by
/// [`current::fingerprint`](crate::current::fingerprint), goes before all of them. Patterns are for whole texts, with regard to case;
/// `*` in them stands for any text. A rule without conditions matches every report.
///
/// ```
/// use steeple_core::{Observer, errors::FingerprintRule};
///
/// let observer = Observer::builder()
///     // Whatever the pool says, and whoever asked it.
///     .fingerprint_rule(FingerprintRule::new(["database"]).error_type("PoolError"))
///     // Apart from what fails alike elsewhere.
///     .fingerprint_rule(FingerprintRule::new(["admin", FingerprintRule::DEFAULT]).route("/admin/*"))
///     .build()?;
/// # Ok::<(), steeple_core::ObserverError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it is given to an observer"]
pub struct FingerprintRule {
    parts: Vec<String>,
    conditions: Vec<Condition>,
}

/// What a report has to meet.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Condition {
    ErrorType(Glob),
    Message(Glob),
    Place(Glob),
    Route(Glob),
    Kind(ErrorKind),
}

impl FingerprintRule {
    /// The part of a fingerprint that stands for what reports would be the same by without it, as
    /// [at Sentry](https://docs.sentry.io/concepts/data-management/event-grouping/fingerprint-rules/).
    pub const DEFAULT: &str = "{{ default }}";

    /// A rule that makes reports the same by these parts alone: 1 to 8, each of at most 200 bytes.
    pub fn new<P: Into<String>>(parts: impl IntoIterator<Item = P>) -> Self {
        Self {
            parts: parts.into_iter().map(Into::into).collect(),
            conditions: Vec::new(),
        }
    }

    /// Wants the type of the error, or of one that caused it, to match: with its path where that is known, as `shop::db::Away`, or
    /// by its name, `Away`. That of a panic is `panic`.
    pub fn error_type(self, pattern: &str) -> Self {
        self.with(Condition::ErrorType(Glob::new(pattern)))
    }

    /// Wants the message of the error, or of one that caused it, to match.
    pub fn message(self, pattern: &str) -> Self {
        self.with(Condition::Message(Glob::new(pattern)))
    }

    /// Wants the location of the panic, as `src/cart.rs:7:5`, or the function or the file of one of the application's own calls on the way
    /// to the failure to match: `shop::db::*` is a module, `*/src/db/*` a directory.
    ///
    /// Functions and files are known where the program has symbols and debug information.
    pub fn place(self, pattern: &str) -> Self {
        self.with(Condition::Place(Glob::new(pattern)))
    }

    /// Wants the template of the request's route to match, or the kind and the name of the job: `cron *`.
    pub fn route(self, pattern: &str) -> Self {
        self.with(Condition::Route(Glob::new(pattern)))
    }

    /// Wants it to be this sort of failure.
    pub fn kind(self, kind: ErrorKind) -> Self {
        self.with(Condition::Kind(kind))
    }

    fn with(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }

    /// What reports are the same by that it matches.
    pub(super) fn parts(&self) -> &[String] {
        &self.parts
    }

    pub(super) fn matches<'a>(
        &self,
        report: &ErrorReport,
        calls: &(impl Iterator<Item = &'a str> + Clone),
    ) -> bool {
        self.conditions.iter().all(|condition| match condition {
            Condition::ErrorType(glob) => report.causes.iter().any(|cause| {
                let path = cause.type_name.as_deref();
                let mut names = path.into_iter().chain(cause.name());
                names.any(|name| glob.matches(name))
            }),
            Condition::Message(glob) => {
                let mut causes = report.causes.iter();
                causes.any(|cause| glob.matches(&cause.message))
            }
            Condition::Place(glob) => {
                let location = report.location.as_deref();
                location.is_some_and(|location| glob.matches(location))
                    || calls.clone().any(|call| glob.matches(call))
            }
            Condition::Route(glob) => {
                let route = report.subject.route();
                route.is_some_and(|route| glob.matches(&route))
            }
            Condition::Kind(kind) => report.kind == *kind,
        })
    }

    pub(super) fn check(&self) -> Result<(), FingerprintRuleError> {
        let count = self.parts.len();
        if !(1..=MOST_PARTS).contains(&count) {
            return Err(FingerprintRuleError::Parts { count });
        }
        let fits = |text: &str| (1..=LONGEST_PART).contains(&text.len());
        if let Some(part) = self.parts.iter().find(|part| !fits(part)) {
            let part = part.clone();
            return Err(FingerprintRuleError::Part { part });
        }
        let patterns = self.conditions.iter().filter_map(Condition::pattern);
        match { patterns }.find(|pattern| !fits(pattern)) {
            Some(pattern) => Err(FingerprintRuleError::Pattern { pattern }),
            None => Ok(()),
        }
    }
}

impl Condition {
    fn pattern(&self) -> Option<String> {
        match self {
            Self::ErrorType(glob) | Self::Message(glob) | Self::Place(glob) | Self::Route(glob) => {
                Some(glob.pattern())
            }
            Self::Kind(_) => None,
        }
    }
}

/// A [rule](FingerprintRule) cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FingerprintRuleError {
    /// It has no parts, or too many.
    #[error("it has {count} parts, but a fingerprint has 1 to {MOST_PARTS}; give it as many")]
    Parts {
        /// How many it has.
        count: usize,
    },
    /// A part says nothing, or too much.
    #[error("its part `{part}` is to have 1 to {LONGEST_PART} bytes; shorten it, or leave it out")]
    Part {
        /// The part.
        part: String,
    },
    /// A pattern says nothing, or too much.
    #[error(
        "its pattern `{pattern}` is to have 1 to {LONGEST_PART} bytes; `*` stands for any text"
    )]
    Pattern {
        /// The pattern.
        pattern: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_bounded() {
        let rule = || FingerprintRule::new(["a"]);
        let long = "x".repeat(201);
        let most = "x".repeat(200);
        let all = rule().message(&most).kind(ErrorKind::Panic).route("*");
        assert_eq!(all.check(), Ok(()));
        let told = |rule: FingerprintRule| rule.check().unwrap_err().to_string();
        assert_eq!(
            told(FingerprintRule::new([""; 0])),
            "it has 0 parts, but a fingerprint has 1 to 8; give it as many"
        );
        assert!(told(FingerprintRule::new(["a"; 9])).starts_with("it has 9 parts"));
        assert!(told(FingerprintRule::new(["a", ""])).starts_with("its part `` is to have"));
        assert!(told(FingerprintRule::new([&*long])).starts_with("its part `xxx"));
        for bad in [
            rule().error_type(""),
            rule().route("*").place(&long),
            rule().message(""),
        ] {
            let error = bad.check().unwrap_err();
            assert!(matches!(error, FingerprintRuleError::Pattern { .. }));
        }
    }
}
