use super::{
    escape::{self, push_quoted},
    scalar::Scalar,
};

/// The type of a field, by the [types of Elasticsearch](https://www.elastic.co/docs/reference/elasticsearch/mapping-reference/field-data-types)
/// that ECS names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Date,
    /// `keyword`, `wildcard` and `match_only_text`, which are all a string.
    Text,
    /// An array of such.
    Texts,
    Long,
    Float,
    Ip,
}

impl Kind {
    /// Appends `value` as this type has it in JSON, unless it is of another. Numbers and the rest can be texts.
    pub(super) fn push(self, out: &mut Vec<u8>, value: Scalar<'_>) -> bool {
        match (self, value) {
            (Self::Text, Scalar::Text(text)) => push_quoted(out, text),
            (Self::Text, value) => value.push_text(out),
            (Self::Ip, Scalar::Text(text)) if escape::is_address(text) => push_quoted(out, text),
            (Self::Long, Scalar::Signed(_)) => value.push(out),
            (Self::Long, Scalar::Unsigned(number)) if i64::try_from(number).is_ok() => {
                value.push(out);
            }
            (Self::Float, Scalar::Signed(_) | Scalar::Unsigned(_)) => value.push(out),
            (Self::Float, Scalar::Float(number)) if number.is_finite() => value.push(out),
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(kind: Kind, value: Scalar<'_>) -> Option<String> {
        let mut out = Vec::new();
        let is_of_kind = kind.push(&mut out, value);
        assert!(is_of_kind || out.is_empty());
        is_of_kind.then(|| String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_field_takes_values_of_its_type_alone() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(written(Kind::Text, Scalar::Text("a")), text("\"a\""));
        assert_eq!(written(Kind::Text, Scalar::Signed(-7)), text("\"-7\""));
        assert_eq!(written(Kind::Text, Scalar::Bool(true)), text("\"true\""));
        assert_eq!(written(Kind::Long, Scalar::Signed(-7)), text("-7"));
        assert_eq!(written(Kind::Long, Scalar::Unsigned(7)), text("7"));
        assert_eq!(written(Kind::Long, Scalar::Unsigned(u64::MAX)), None);
        assert_eq!(written(Kind::Long, Scalar::Text("7")), None);
        assert_eq!(written(Kind::Long, Scalar::Float(7.0)), None);
        assert_eq!(written(Kind::Float, Scalar::Float(0.5)), text("0.5"));
        assert_eq!(written(Kind::Float, Scalar::Unsigned(5)), text("5"));
        assert_eq!(written(Kind::Float, Scalar::Float(f64::NAN)), None);
        assert_eq!(written(Kind::Ip, Scalar::Text("::1")), text("\"::1\""));
        assert_eq!(written(Kind::Ip, Scalar::Text("localhost")), None);
        assert_eq!(written(Kind::Date, Scalar::Text("2026-11-23")), None);
    }
}
