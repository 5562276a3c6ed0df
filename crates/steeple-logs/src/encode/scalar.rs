use super::escape::{push_escaped, push_quoted};

/// A value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scalar<'a> {
    Text(&'a str),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Bool(bool),
}

impl Scalar<'_> {
    /// Appends it as JSON has it. What is no number is a text.
    pub(super) fn push(self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => push_quoted(out, text),
            Self::Float(number) if !number.is_finite() => self.push_text(out),
            _ => self.push_bare(out),
        }
    }

    /// Appends it as a text.
    pub(super) fn push_text(self, out: &mut Vec<u8>) {
        out.push(b'"');
        self.push_bare(out);
        out.push(b'"');
    }

    /// Appends what is not a text without quotes.
    fn push_bare(self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => push_escaped(out, text),
            Self::Signed(number) => {
                out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
            }
            Self::Unsigned(number) => {
                out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
            }
            Self::Float(number) => {
                out.extend_from_slice(zmij::Buffer::new().format(number).as_bytes());
            }
            Self::Bool(true) => out.extend_from_slice(b"true"),
            Self::Bool(false) => out.extend_from_slice(b"false"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_json() {
        let written = |scalar: Scalar<'_>| {
            let mut out = Vec::new();
            scalar.push(&mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written(Scalar::Text("a\n")), r#""a\n""#);
        assert_eq!(written(Scalar::Signed(i64::MIN)), i64::MIN.to_string());
        assert_eq!(written(Scalar::Unsigned(u64::MAX)), u64::MAX.to_string());
        assert_eq!(written(Scalar::Float(1e300)), "1e+300");
        assert_eq!(written(Scalar::Float(f64::NEG_INFINITY)), "\"-inf\"");
        assert_eq!(written(Scalar::Float(f64::NAN)), "\"NaN\"");
        assert_eq!(written(Scalar::Bool(false)), "false");
    }
}
