//! The values that labels have.

use std::{
    collections::{BTreeMap, HashSet},
    hash::BuildHasher,
    sync::Arc,
};

use foldhash::fast::RandomState;

use crate::{
    Registry, Rule,
    labels::{pairs, unescaped_characters},
    pages::Pages,
};

/// With so many values a label is taken for bounded, whatever they are.
pub(super) const FEW: usize = 100;

/// Of a metric with more series, no others are looked at.
const MOST_SERIES: usize = 20_000;

/// So much is shown of a value.
const EXAMPLE_CHARACTERS: usize = 32;

/// The labels of one metric.
#[derive(Debug, Default)]
pub(super) struct LabelValues {
    hasher: RandomState,
    pub(super) has_series: bool,
    pub(super) by_label: BTreeMap<Arc<str>, Values>,
}

/// The values of one label.
#[derive(Debug, Default)]
pub(super) struct Values {
    hashes: HashSet<u64, RandomState>,
    identifiers: usize,
    /// An identifier if there is one, escaped.
    example: String,
}

impl LabelValues {
    /// Those of the metric at this position.
    pub(super) fn of(registry: &Registry, position: usize) -> Self {
        let mut labels = Self::default();
        let mut pages = Pages::of(position);
        for _ in 0..MOST_SERIES {
            let Some(series) = pages.next(registry) else {
                break;
            };
            labels.has_series = true;
            pairs(series.labels.as_str()).for_each(|(label, value)| labels.add(label, value));
        }
        labels
    }

    fn add(&mut self, label: &str, value: &str) {
        let hash = self.hasher.hash_one(value);
        match self.by_label.get_mut(label) {
            Some(values) => values.add(hash, value),
            None => self
                .by_label
                .entry(label.into())
                .or_default()
                .add(hash, value),
        }
    }
}

impl Values {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Tells what is wrong with them in a metric that may have so many series.
    pub(super) fn judge(
        &self,
        label: &str,
        series_limit: usize,
        is_growing: bool,
    ) -> Option<(Rule, String)> {
        let count = self.len();
        let most = series_limit.min(MOST_SERIES) / 2;
        let (rule, reason) = if self.identifiers > FEW {
            let reason = format!("{} of them look like ids", self.identifiers);
            (Rule::Identifiers, reason)
        } else if count > FEW.max(most) {
            let reason = format!("over half of the {series_limit} series that the metric may have");
            (Rule::ManyValues, reason)
        } else if is_growing {
            let reason = "more each time that they were counted";
            (Rule::GrowingValues, reason.to_owned())
        } else {
            return None;
        };
        let advice = format!(
            "the label `{label}` has {count} values, such as {:?}, {reason}: leave it out, or give it one value for many; \
             what has no end belongs in logs and traces",
            self.example()
        );
        Some((rule, advice))
    }

    fn add(&mut self, hash: u64, value: &str) {
        if !self.hashes.insert(hash) {
            return;
        }
        let is_identifier = is_identifier(value);
        self.identifiers += usize::from(is_identifier);
        if self.example.is_empty() || (is_identifier && self.identifiers == 1) {
            value.clone_into(&mut self.example);
        }
    }

    fn example(&self) -> String {
        let mut characters = unescaped_characters(&self.example);
        let mut example: String = characters.by_ref().take(EXAMPLE_CHARACTERS).collect();
        if characters.next().is_some() {
            example.push('…');
        }
        example
    }
}

/// Whether the value looks like one of endlessly many: an e-mail address, or a word in it is a number, or has at least
/// eight letters and digits with both among them. Paths, UUIDs and addresses of machines consist of such words.
fn is_identifier(value: &str) -> bool {
    let mut words = value.split(|character: char| !character.is_ascii_alphanumeric());
    is_email_address(value)
        || words.any(|word| {
            let digits = word.bytes().filter(u8::is_ascii_digit).count();
            digits > 0 && (digits == word.len() || word.len() >= 8)
        })
}

fn is_email_address(value: &str) -> bool {
    value.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && !value.contains(char::is_whitespace)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_from_words() {
        for id in [
            "7",
            "550e8400-e29b-41d4-a716-446655440000",
            "aaaaaaaa-e29b-41d4-a716-446655440000",
            "4bf92f3577b34da6a3ce929d0e0e4736",
            "01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "ann@example.org",
            "/orders/17",
            "/orders/550e8400/lines",
            "10.1.2.3:8080",
            "user-4711",
        ] {
            assert!(is_identifier(id), "{id}");
        }
        for word in [
            "",
            "GET",
            "HTTP",
            "/v1/orders/{id}",
            "/s3/x2",
            "NZ",
            "a@b",
            "card payment",
            "beefcafe",
        ] {
            assert!(!is_identifier(word), "{word}");
        }
    }

    #[test]
    fn an_example_is_short_and_an_id_if_there_is_one() {
        let mut values = Values::default();
        values.add(1, &format!("a\\\"\\n{}", "b".repeat(40)));
        assert_eq!(values.example(), format!("a\"\n{}…", "b".repeat(29)));
        values.add(2, "17");
        values.add(3, "18");
        assert_eq!(values.example(), "17");
    }
}
