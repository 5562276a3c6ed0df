//! Values without the secrets in them.

use steeple_core::{
    redaction::{REDACTED, Redaction},
    text,
};

use crate::encode::{LONGEST_VALUE, Scalar};

/// One character more than is written of a text: it tells that the text is cut.
pub(crate) const BEYOND: usize = LONGEST_VALUE + 4;

/// As much of a text as counts. What is looked through is bounded.
pub(crate) fn text<'t>(redaction: &Redaction, text: &'t str, room: &'t mut String) -> &'t str {
    redaction.text(text::beginning(text, BEYOND), room)
}

/// The value of what goes by a name that is that of a secret or not. Whether something is so is none.
pub(crate) fn scalar<'t>(
    redaction: &Redaction,
    is_secret: bool,
    value: Scalar<'t>,
    room: &'t mut String,
) -> Scalar<'t> {
    let is_card = |number| redaction.is_secret_number(number);
    match value {
        Scalar::Bool(_) => value,
        _ if is_secret => Scalar::Text(REDACTED),
        Scalar::Text(value) => Scalar::Text(text(redaction, value, room)),
        Scalar::Unsigned(number) if is_card(number) => Scalar::Text(REDACTED),
        Scalar::Signed(number) if u64::try_from(number).is_ok_and(is_card) => {
            Scalar::Text(REDACTED)
        }
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(is_secret: bool, value: Scalar<'_>) -> String {
        let mut room = String::new();
        format!(
            "{:?}",
            scalar(&Redaction::new(), is_secret, value, &mut room)
        )
    }

    #[test]
    fn numbers_of_cards_are_taken_out_and_others_stay() {
        let hidden = of(false, Scalar::Text(REDACTED));
        for card in [
            4_222_222_222_222,
            4_111_111_111_111_111,
            2_223_003_122_003_222,
        ] {
            assert_eq!(of(false, Scalar::Unsigned(card)), hidden, "{card}");
            assert_eq!(of(false, Scalar::Signed(card as i64)), hidden, "{card}");
        }
        for value in [
            Scalar::Unsigned(4_111_111_111_111_112),
            Scalar::Unsigned(0),
            Scalar::Unsigned(u64::MAX),
            Scalar::Signed(-4_111_111_111_111_111),
            Scalar::Signed(i64::MIN),
            Scalar::Unsigned(20_261_123_002_535),
            Scalar::Float(4.0),
        ] {
            assert_eq!(of(false, value), format!("{value:?}"));
        }
    }

    #[test]
    fn what_goes_by_the_name_of_a_secret_is_taken_out_but_for_whether_it_is_so() {
        for value in [
            Scalar::Text("x"),
            Scalar::Unsigned(7),
            Scalar::Signed(-7),
            Scalar::Float(0.5),
        ] {
            assert_eq!(of(true, value), of(true, Scalar::Text(REDACTED)));
        }
        assert_eq!(of(true, Scalar::Bool(true)), "Bool(true)");
    }

    #[test]
    fn no_more_of_a_text_is_looked_through_than_is_written_of_it() {
        let (redaction, long) = (Redaction::new(), "x ".repeat(LONGEST_VALUE));
        let mut room = String::new();
        assert_eq!(text(&redaction, &long, &mut room).len(), BEYOND);
    }
}
