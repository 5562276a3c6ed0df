//! Labels that the application adds to the request metrics, bounded in number and in values.

use std::borrow::Cow;

use crate::{
    head::RequestHead,
    insert_map::{InsertMap, Slot},
    panic,
};

/// How many bytes a value may have; longer ones are `_OTHER`.
const LONGEST_VALUE: usize = 128;
/// How many values of one label can be told apart.
pub(crate) const MOST_VALUES: usize = 1_000;
/// How many labels an application may add.
pub const MOST_LABELS: usize = 4;
/// The value of whatever has no name of its own, or is over a label's limit, as the
/// [semantic conventions](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/http/http-metrics.md) have it
/// for methods.
pub(crate) const OTHER: &str = "_OTHER";

type FromHead = dyn for<'a> Fn(&RequestHead<'a>) -> Option<Cow<'a, str>> + Send + Sync;

/// A label of the application's own on the request metrics.
///
/// Its values come from the request's head, from a [route's policy](crate::RoutePolicy::label) or from the handler
/// ([`current::label`](crate::current::label)). Values beyond the limit, or of more than 128 bytes, are counted under `_OTHER`.
pub struct Label {
    pub(crate) name: &'static str,
    limit: usize,
    allowed: Option<Vec<String>>,
    from_head: Option<Box<FromHead>>,
}

impl Label {
    /// Declares the label `name`, whose values the handler or the route gives.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            limit: 100,
            allowed: None,
            from_head: None,
        }
    }

    /// Declares the label `name`, whose value `extract` reads from each request's head.
    ///
    /// Where a client controls the value, name the [values](Self::values) to expect: otherwise a client that makes
    /// them up uses up the limit for all others.
    #[must_use]
    pub fn from_head<F>(name: &'static str, extract: F) -> Self
    where
        F: for<'a> Fn(&RequestHead<'a>) -> Option<Cow<'a, str>> + Send + Sync + 'static,
    {
        Self {
            from_head: Some(Box::new(extract)),
            ..Self::new(name)
        }
    }

    /// Sets how many different values are told apart, at most 1,000. Default: 100.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// How many values it is to tell apart.
    pub(crate) fn most_values(&self) -> usize {
        self.allowed.as_ref().map_or(self.limit, Vec::len)
    }

    /// Allows `values` only. Default: any, up to the limit.
    #[must_use]
    pub fn values<V: Into<String>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.allowed = Some(values.into_iter().map(Into::into).collect());
        self
    }
}

/// One value of each label of a request, 16 bits wide; zero where it has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LabelValues(u64);

const WIDTH: usize = 16;
const OVERFLOW: u16 = u16::MAX;

impl LabelValues {
    pub(crate) const NONE: Self = Self(0);

    pub(crate) fn to_bits(self) -> u64 {
        self.0
    }

    fn at(self, place: usize) -> u16 {
        (self.0 >> (place * WIDTH)) as u16
    }

    fn set(&mut self, place: usize, value: u16) {
        let shift = place * WIDTH;
        self.0 = self.0 & !(u64::from(u16::MAX) << shift) | u64::from(value) << shift;
    }

    /// Takes from `other` what is missing here.
    #[inline]
    pub(crate) fn or(self, other: Self) -> Self {
        let mut all = self;
        if other.0 != 0 {
            for place in (0..MOST_LABELS).filter(|place| self.at(*place) == 0) {
                all.set(place, other.at(place));
            }
        }
        all
    }
}

struct Declared {
    name: &'static str,
    values: InsertMap<Box<str>, ()>,
    from_head: Option<Box<FromHead>>,
}

/// The labels that were declared.
#[derive(Default)]
pub(crate) struct Labels(Vec<Declared>);

impl Labels {
    /// Takes over at most [`MOST_LABELS`] labels.
    pub(crate) fn new(labels: Vec<Label>) -> Self {
        Self(
            labels
                .into_iter()
                .take(MOST_LABELS)
                .map(Declared::new)
                .collect(),
        )
    }

    #[inline(always)]
    pub(crate) fn read(&self, head: &RequestHead<'_>) -> LabelValues {
        if self.0.is_empty() {
            LabelValues::default()
        } else {
            self.read_declared(head)
        }
    }

    fn read_declared(&self, head: &RequestHead<'_>) -> LabelValues {
        let mut values = LabelValues::default();
        for (place, declared) in self.0.iter().enumerate() {
            if let Some(extract) = &declared.from_head {
                // What panics gives no value; the hook has printed why.
                panic::quietly(|| {
                    if let Some(text) = extract(head) {
                        values.set(place, declared.intern(&text));
                    }
                });
            }
        }
        values
    }

    /// Sets the value of `name`; a label that was not declared has no place in the metrics.
    pub(crate) fn set(&self, values: &mut LabelValues, name: &str, text: &str) {
        if let Some(place) = self.0.iter().position(|declared| declared.name == name) {
            values.set(place, self.0[place].intern(text));
        }
    }

    /// Name and value of each label that has one.
    pub(crate) fn pairs(&self, values: LabelValues) -> impl Iterator<Item = (&'static str, &str)> {
        self.0
            .iter()
            .enumerate()
            .filter_map(move |(place, declared)| {
                Some((declared.name, declared.text(values.at(place))?))
            })
    }
}

impl Declared {
    fn new(label: Label) -> Self {
        let values = match &label.allowed {
            None => InsertMap::with_limit(label.limit),
            Some(allowed) => {
                let values = InsertMap::with_limit(allowed.len());
                for value in allowed {
                    let _ = values.find_or_insert(value.as_str(), || (value.as_str().into(), ()));
                }
                values
            }
        };
        // A full table takes nothing new, so a list of allowed values needs no other check.
        Self {
            name: label.name,
            values,
            from_head: label.from_head,
        }
    }

    fn intern(&self, text: &str) -> u16 {
        if text.len() > LONGEST_VALUE {
            return OVERFLOW;
        }
        self.values
            .find_or_insert(text, || (text.into(), ()))
            .map_or(OVERFLOW, |(slot, ())| slot.0 + 1)
    }

    fn text(&self, value: u16) -> Option<&str> {
        match value {
            0 => None,
            OVERFLOW => Some(OTHER),
            place => self.values.at(Slot(place - 1)).map(|(text, ())| &**text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value_of(labels: &Labels, text: &str) -> String {
        let mut values = LabelValues::default();
        labels.set(&mut values, "tenant", text);
        labels
            .pairs(values)
            .map(|(name, value)| format!("{name}={value}"))
            .collect()
    }

    #[test]
    fn values_over_the_limit_are_other() {
        let labels = Labels::new(vec![Label::new("tenant").limit(2)]);
        assert_eq!(value_of(&labels, "a"), "tenant=a");
        assert_eq!(value_of(&labels, "b"), "tenant=b");
        assert_eq!(value_of(&labels, "c"), "tenant=_OTHER");
        assert_eq!(value_of(&labels, "a"), "tenant=a");
    }

    #[test]
    fn only_allowed_values_are_told_apart() {
        let labels = Labels::new(vec![Label::new("tenant").values(["acme", "globex"])]);
        for made_up in 0..1_000 {
            assert_eq!(value_of(&labels, &made_up.to_string()), "tenant=_OTHER");
        }
        assert_eq!(value_of(&labels, "globex"), "tenant=globex");
    }

    #[test]
    fn a_long_value_is_other() {
        let labels = Labels::new(vec![Label::new("tenant")]);
        assert_eq!(
            value_of(&labels, &"x".repeat(128)).len(),
            "tenant=".len() + 128
        );
        assert_eq!(value_of(&labels, &"x".repeat(129)), "tenant=_OTHER");
    }

    #[test]
    fn a_label_that_was_not_declared_is_left_out() {
        let labels = Labels::new(vec![Label::new("tenant")]);
        let mut values = LabelValues::default();
        labels.set(&mut values, "user", "u-1");
        assert_eq!(values, LabelValues::default());
    }
}
