/// A pattern for a whole text, in which `*` stands for any text, also for none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Glob(
    /// What stands between the stars, in its order; at least one.
    Vec<String>,
);

impl Glob {
    pub(super) fn new(pattern: &str) -> Self {
        Self(pattern.split('*').map(str::to_owned).collect())
    }

    /// The pattern as it was given.
    pub(super) fn pattern(&self) -> String {
        self.0.join("*")
    }

    pub(super) fn matches<'t>(&self, text: &'t str) -> bool {
        let [first, middle @ .., last] = &*self.0 else {
            return self.0.iter().all(|all| all == text);
        };
        let rest = text.strip_prefix(&**first);
        let Some(rest) = rest.and_then(|rest| rest.strip_suffix(&**last)) else {
            return false;
        };
        // Where one comes first there is the most room for those behind it.
        let behind =
            |rest: &'t str, part: &String| rest.find(&**part).map(|at| &rest[at + part.len()..]);
        middle.iter().try_fold(rest, behind).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text) in [
            ("shop", "shop"),
            ("*", ""),
            ("*", "a\nb"),
            ("shop::*", "shop::db::Away"),
            ("*::Away", "shop::db::Away"),
            ("/*/orders/*", "/v1/orders/"),
            ("a*b*c", "aXbbXc"),
            ("**", "a"),
            ("*ä*", "Käse"),
        ] {
            assert!(Glob::new(pattern).matches(text), "{pattern} {text}");
            assert_eq!(Glob::new(pattern).pattern(), pattern);
        }
        for (pattern, text) in [
            ("", "a"),
            ("shop", "shops"),
            ("Shop", "shop"),
            ("ab*bc", "abc"),
            ("a*b*c", "acb"),
            ("*b*b*", "abc"),
            ("/orders/*", "/v1/orders/7"),
            ("a?c", "abc"),
        ] {
            assert!(!Glob::new(pattern).matches(text), "{pattern} {text}");
        }
    }
}
