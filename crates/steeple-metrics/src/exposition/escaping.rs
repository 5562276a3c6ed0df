use crate::{labels, name};

/// How a name that Prometheus did not allow before version 3 is written: an [escaping
/// scheme](https://prometheus.io/docs/instrumenting/escaping_schemes/).
///
/// Such names there are in a registry with [`utf8_names`](crate::Builder::utf8_names). Others stay as they are
/// but for [`Dots`](Self::Dots), which changes every name with an underscore.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Escaping {
    /// `http.route` is `http_route`, the name that the metric has without `utf8_names`.
    #[default]
    Underscores,
    /// `http.route_1` is `http_dot_route__1`.
    Dots,
    /// `http.route_1` is `U__http_2e_route__1`.
    Values,
    /// `http.route` is `"http.route"`, in quotes where the format is a text.
    AllowUtf8,
}

impl Escaping {
    /// By the value of a media type's parameter `escaping`.
    pub(super) fn from_parameter(value: &str) -> Self {
        match value {
            "allow-utf-8" => Self::AllowUtf8,
            "dots" => Self::Dots,
            "values" => Self::Values,
            _ => Self::Underscores,
        }
    }

    /// Writes the name of a label, which is given [escaped](labels::pairs).
    pub(super) fn push_label(self, text: &mut String, escaped: &str) {
        match self {
            Self::Underscores | Self::AllowUtf8 => labels::push_unescaped(text, escaped),
            _ => {
                let name = labels::unescaped_characters(escaped);
                self.push_name(text, name, name::is_label_character);
            }
        }
    }

    /// Writes a name, without quotes, in which besides letters and `_` only those characters are `allowed`, and digits
    /// after the first character. With [`Underscores`](Self::Underscores) the name is the one that the registry goes
    /// by, which is allowed as it is.
    pub(crate) fn push_name(
        self,
        text: &mut String,
        name: impl Iterator<Item = char> + Clone,
        allowed: fn(char) -> bool,
    ) {
        match self {
            Self::Underscores | Self::AllowUtf8 => text.extend(name),
            Self::Dots => push_dots(text, name, allowed),
            Self::Values => push_values(text, name, allowed),
        }
    }
}

fn push_dots(text: &mut String, name: impl Iterator<Item = char>, allowed: fn(char) -> bool) {
    let start = text.len();
    for (position, character) in name.enumerate() {
        match character {
            '.' => text.push_str("_dot_"),
            '_' => text.push_str("__"),
            // Two names that begin with different digits stay two.
            '0'..='9' if position == 0 => text.extend(['_', character]),
            _ if allowed(character) => text.push(character),
            _ => text.push_str("__"),
        }
    }
    // The label in which Prometheus keeps the name of the metric.
    if text[start..] == *"__name__" {
        text.push('_');
    }
}

fn push_values(
    text: &mut String,
    name: impl Iterator<Item = char> + Clone,
    allowed: fn(char) -> bool,
) {
    const PREFIX: &str = "U__";
    let has_prefix = name.clone().take(PREFIX.len()).eq(PREFIX.chars());
    // What looks as if it were escaped is escaped, lest it be taken for another name.
    if name::is_allowed(name.clone(), allowed) && !has_prefix {
        return text.extend(name);
    }
    text.push_str(PREFIX);
    for (position, character) in name.enumerate() {
        let starts_with_digit = position == 0 && character.is_ascii_digit();
        match character {
            '_' => text.push_str("__"),
            _ if allowed(character) && !starts_with_digit => text.push(character),
            _ => {
                text.push('_');
                push_hexadecimal(text, u32::from(character));
                text.push('_');
            }
        }
    }
}

fn push_hexadecimal(text: &mut String, value: u32) {
    let digits = (u32::BITS - value.leading_zeros()).div_ceil(4).max(1);
    for digit in (0..digits).rev() {
        text.extend(char::from_digit((value >> (4 * digit)) & 0xf, 16));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn escaped(escaping: Escaping, name: &str) -> String {
        let mut text = String::new();
        escaping.push_name(&mut text, name.chars(), name::is_metric_character);
        text
    }

    #[test]
    fn names_are_escaped_as_the_schemes_say() {
        let cases = [
            (
                "mysystem.prod.west.cpu.load",
                "mysystem_dot_prod_dot_west_dot_cpu_dot_load",
                "U__mysystem_2e_prod_2e_west_2e_cpu_2e_load",
            ),
            (
                "mysystem.prod.west.cpu.load_total",
                "mysystem_dot_prod_dot_west_dot_cpu_dot_load__total",
                "U__mysystem_2e_prod_2e_west_2e_cpu_2e_load__total",
            ),
            (
                "http_errors:rate5m",
                "http__errors:rate5m",
                "http_errors:rate5m",
            ),
            (
                "label with 😱",
                "label__with____",
                "U__label_20_with_20__1f631_",
            ),
            ("花火", "____", "U___82b1__706b_"),
            ("3d", "_3d", "U___33_d"),
            ("_name_", "__name___", "_name_"),
            ("U__a", "U____a", "U__U____a"),
            ("\u{1}", "__", "U___1_"),
        ];
        for (name, dots, values) in cases {
            assert_eq!(escaped(Escaping::Dots, name), dots);
            assert_eq!(escaped(Escaping::Values, name), values);
            assert_eq!(escaped(Escaping::AllowUtf8, name), name);
        }
    }

    proptest! {
        #[test]
        fn names_that_differ_with_underscores_differ_in_every_scheme(
            left in "([a-c_.U\u{e9} 1]|_dot_|U__|_2e_){1,5}",
            right in "([a-c_.U\u{e9} 1]|_dot_|U__|_2e_){1,5}",
        ) {
            prop_assume!(name::label_name(&left) != name::label_name(&right));
            for escaping in [Escaping::Dots, Escaping::Values] {
                let [left, right] = [&left, &right].map(|name| {
                    let mut text = String::new();
                    escaping.push_name(&mut text, name.chars(), name::is_label_character);
                    text
                });
                prop_assert!(name::is_allowed(left.chars(), name::is_label_character));
                prop_assert_ne!(left, right);
            }
        }
    }
}
