use std::fmt;

use subtle::ConstantTimeEq;
use thiserror::Error;

const REQUIRED_BITS: usize = 128;

/// Why a token was refused; the message never holds the token.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// It holds a character that `Authorization: Bearer` cannot carry.
    #[error(
        "ops token holds a character that a bearer token cannot carry; use letters, digits and -._~+/ with = at the end"
    )]
    Character,
    /// It can be guessed.
    #[error(
        "ops token of {characters} characters holds at most {bits} bits, 128 are needed; give 32 hex or 22 base64url characters, as `openssl rand -hex 16` prints them"
    )]
    Weak {
        /// How many characters it has, padding left out.
        characters: usize,
        /// The most that so many characters can hold: 4 bits each if all are hex digits, otherwise 6.
        bits: usize,
    },
}

/// A bearer token of at least 128 bits
/// ([RFC 6750, section 2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1)).
#[derive(Clone)]
pub(crate) struct Token(String);

impl Token {
    pub(crate) fn parse(text: String) -> Result<Self, TokenError> {
        let unpadded = text.trim_end_matches('=');
        if !unpadded.bytes().all(is_token_byte) {
            return Err(TokenError::Character);
        }
        let characters = unpadded.len();
        let bits_each = if unpadded.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            4
        } else {
            6
        };
        let bits = characters * bits_each;
        if bits < REQUIRED_BITS {
            return Err(TokenError::Weak { characters, bits });
        }
        Ok(Self(text))
    }

    /// Whether an `Authorization` header carries this token.
    pub(crate) fn is_carried_by(&self, authorization: &[u8]) -> bool {
        let Some((scheme, token)) = authorization.split_at_checked(b"Bearer ".len()) else {
            return false;
        };
        // Constant time, so that answering times do not spell the token out byte by byte. That its
        // length shows is no help: 128 bits remain to be guessed.
        scheme.eq_ignore_ascii_case(b"Bearer ") && bool::from(token.ct_eq(self.0.as_bytes()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(redacted)")
    }
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "00112233445566778899aabbccddeeff";

    #[test]
    fn strength_is_four_bits_a_hex_digit_and_six_otherwise() {
        assert!(Token::parse(HEX.into()).is_ok());
        assert!(Token::parse("Zm9vYmFyYmF6cXV4cXV1eA==".into()).is_ok());
        assert_eq!(
            Token::parse(HEX[1..].into()).unwrap_err(),
            TokenError::Weak {
                characters: 31,
                bits: 124
            }
        );
        assert_eq!(
            Token::parse("xyzxyzxyzxyzxyzxyzxyz===".into()).unwrap_err(),
            TokenError::Weak {
                characters: 21,
                bits: 126
            }
        );
    }

    #[test]
    fn what_no_header_can_carry_is_refused() {
        for text in [
            "00112233445566778899aabbccddeeff\r\n",
            "ünïcödé-ünïcödé-ünïcödé",
            "a b",
        ] {
            assert_eq!(
                Token::parse(text.into()).unwrap_err(),
                TokenError::Character
            );
        }
    }

    #[test]
    fn only_the_whole_token_under_the_bearer_scheme_matches() {
        let token = Token::parse(HEX.into()).unwrap();

        assert!(token.is_carried_by(format!("Bearer {HEX}").as_bytes()));
        assert!(token.is_carried_by(format!("bearer {HEX}").as_bytes()));
        for wrong in [
            String::new(),
            HEX.to_owned(),
            format!("Basic {HEX}"),
            format!("Bearer {}", &HEX[1..]),
            format!("Bearer {HEX}0"),
            format!("Bearer  {HEX}"),
        ] {
            assert!(!token.is_carried_by(wrong.as_bytes()), "{wrong}");
        }
    }

    #[test]
    fn debug_output_and_errors_hold_no_part_of_the_token() {
        let weak = "0123456789abcdef";

        let error = Token::parse(weak.into()).unwrap_err();
        let token = Token::parse(HEX.into()).unwrap();

        assert!(!format!("{error} {error:?}").contains(weak));
        assert_eq!(format!("{token:?}"), "Token(redacted)");
    }
}
