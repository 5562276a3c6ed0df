use super::escape::{push_escaped, push_quoted};

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Scalar<'a> {
    /// A text.
    Text(&'a str),
    /// A number that may be negative.
    Signed(i64),
    /// One that may not.
    Unsigned(u64),
    /// A number with a fraction.
    Float(f64),
    /// Whether something is so.
    Bool(bool),
}

impl<'a> From<&'a str> for Scalar<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Scalar<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

macro_rules! from_numbers {
    ($($variant:ident: $($number:ty),*;)*) => {
        $($(
            impl From<$number> for Scalar<'_> {
                fn from(number: $number) -> Self {
                    Self::$variant(number.into())
                }
            }
        )*)*
    };
}

from_numbers! {
    Signed: i8, i16, i32, i64;
    Unsigned: u8, u16, u32, u64;
    Float: f32, f64;
    Bool: bool;
}

impl From<usize> for Scalar<'_> {
    fn from(number: usize) -> Self {
        Self::Unsigned(number as u64)
    }
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
