use std::sync::OnceLock;

use super::{Encoder, Field, Fields, Format, field, line::Line};

/// Fields that many lines have, made for each format once and copied from then on.
#[derive(Debug)]
pub(crate) struct Prepared {
    fields: Fields,
    digest: u64,
    ecs: OnceLock<Option<Pieces>>,
    json: OnceLock<Option<Pieces>>,
}

/// What lines of one format have.
#[derive(Debug)]
pub(super) struct Pieces {
    /// Fields of ECS, behind what none of them is in one object with.
    pub(super) of_ecs: Box<[u8]>,
    /// The last of them, whose objects are open.
    pub(super) last: Field,
    /// Labels, each with the comma before it.
    pub(super) labels: Box<[u8]>,
}

impl Prepared {
    pub(crate) fn new(fields: Fields) -> Self {
        Self {
            digest: fields.digest_with(&[], 0),
            fields,
            ecs: OnceLock::new(),
            json: OnceLock::new(),
        }
    }

    pub(crate) fn fields(&self) -> &Fields {
        &self.fields
    }

    /// A [number](Fields::digest_with) for them.
    pub(crate) fn digest(&self) -> u64 {
        self.digest
    }

    /// Those of the format of `encoder`, if it is one that programs read and they all have room in a line.
    pub(super) fn pieces(&self, encoder: &Encoder) -> Option<&Pieces> {
        let pieces = match encoder.format {
            Format::Ecs => &self.ecs,
            Format::Json => &self.json,
            Format::Logfmt | Format::Pretty => return None,
        };
        pieces
            .get_or_init(|| Pieces::of(&self.fields, encoder))
            .as_ref()
    }
}

impl Pieces {
    /// None where some have no room, of which each line has to tell.
    fn of(fields: &Fields, encoder: &Encoder) -> Option<Self> {
        let (mut of_ecs, mut labels) = (Vec::new(), Vec::new());
        // A field that is in no object.
        let last = field::MESSAGE;
        let mut line = Line::behind(last, encoder, &mut of_ecs);
        line.of_ecs(fields);
        let (last, mut is_truncated) = (line.last().unwrap_or(last), line.is_truncated());
        let mut line = Line::behind(last, encoder, &mut labels).behind_labels();
        line.labels(fields);
        is_truncated |= line.is_truncated();
        (!is_truncated).then(|| Self {
            of_ecs: of_ecs.into(),
            last,
            labels: labels.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use steeple_core::Timestamp;
    use tracing_core::Level;

    use super::*;
    use crate::encode::{Identity, LONGEST_LINE, LONGEST_VALUE, Scalar};

    fn fields(names: &[&str]) -> Fields {
        let mut fields = Fields::default();
        for (number, name) in names.iter().enumerate() {
            fields.put(name, Scalar::Text(name));
            fields.put(&format!("{name}.{number}"), Scalar::Unsigned(7));
        }
        fields
    }

    fn encoders() -> [Encoder; 4] {
        let identity = Identity::of_service("shop");
        [Format::Ecs, Format::Json, Format::Logfmt, Format::Pretty]
            .map(|format| Encoder::new(format, &identity))
    }

    fn line(encoder: &Encoder, at: Timestamp, write: impl FnOnce(&mut Line<'_>)) -> String {
        let mut out = Vec::new();
        let mut line = encoder.begin(&mut out, at, Level::INFO, "shop");
        write(&mut line);
        line.end();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_are_the_same_as_if_nothing_was_prepared() {
        let (at, of_ecs) = (Timestamp::now(), ["user.id", "url.path", "order"]);
        let labels = ["a.b", "trace.id", "level"];
        for (own, others) in [
            (vec![], of_ecs.to_vec()),
            (vec!["cart"], of_ecs.to_vec()),
            (vec!["http.request.method", "cart"], labels.to_vec()),
            (vec!["http.request.method"], vec![]),
            (vec![], vec![]),
            (vec![], labels.to_vec()),
        ] {
            let (own, others) = (fields(&own), fields(&others));
            assert!(own.is_apart_from(&others));
            let mut both = own.clone();
            both.add_missing(&others);
            let prepared = Prepared::new(others);
            for encoder in encoders() {
                let expected = line(&encoder, at, |line| line.fields(&both));
                for _ in 0..2 {
                    let beside = line(&encoder, at, |line| line.fields_beside(&own, &prepared));
                    assert_eq!(beside, expected);
                }
            }
        }
    }

    #[test]
    fn what_is_prepared_stays_within_the_line() {
        let large = |name: &str, lengths: &[usize]| {
            let mut fields = Fields::default();
            for (number, length) in lengths.iter().enumerate() {
                let text = "x".repeat(*length);
                fields.put(&format!("{name}{number}"), Scalar::Text(&text));
            }
            fields
        };
        // What fields have room for, and lines, which have separators between them, have not.
        let mut full = [LONGEST_VALUE; 8];
        full[7] -= full.len() * "b0\":\"\"".len();
        for (own, others) in [(&full[..5], &full[..5]), (&[], &full)] {
            let (own, prepared) = (large("a", own), Prepared::new(large("b", others)));
            assert!(!prepared.fields().is_truncated());
            for encoder in encoders() {
                let line = line(&encoder, Timestamp::now(), |line| {
                    line.fields_beside(&own, &prepared);
                });
                assert!(line.len() <= LONGEST_LINE && line.contains("truncated"));
                assert!(line.contains("b0") && !line.contains(&format!("b{}", others.len() - 1)));
            }
        }
    }

    #[test]
    fn fields_are_apart_that_lines_can_have_one_after_the_other() {
        let order = fields(&["order"]);
        for (others, is_apart) in [
            (vec!["cart"], true),
            (vec!["user.id"], true),
            (vec!["order"], false),
            (vec!["order_0"], false),
        ] {
            assert_eq!(
                order.is_apart_from(&fields(&others)),
                is_apart,
                "{others:?}"
            );
        }
        assert!(!fields(&["user.id"]).is_apart_from(&fields(&["url.path"])));
    }
}
