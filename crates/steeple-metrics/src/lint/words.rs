use crate::{FamilySnapshot, lint::units};

/// The words of a metric's name.
pub(super) struct Name<'a> {
    /// Without a `total` at the end.
    pub(super) words: Vec<&'a str>,
    is_total: bool,
}

impl<'a> Name<'a> {
    pub(super) fn of(metric: &'a FamilySnapshot) -> Self {
        let stem = metric.name.strip_suffix("_total");
        let words = stem.unwrap_or(&metric.name).split('_');
        Self {
            words: words.filter(|word| !word.is_empty()).collect(),
            is_total: stem.is_some(),
        }
    }

    /// Where the unit is, the last if there are several, and its base unit.
    pub(super) fn unit(&self) -> Option<(usize, &'static str)> {
        let mut places = (0..self.words.len()).rev();
        places.find_map(|place| Some((place, units::base_of(self.words[place])?)))
    }

    /// The name with another unit than that at `place`, and at the end unless something is counted `per` something.
    pub(super) fn with_unit(&self, place: usize, unit: &str) -> String {
        let (before, after) = (&self.words[..place], &self.words[place + 1..]);
        let is_rate = after.first() == Some(&"per");
        let words = before.iter().copied();
        if is_rate {
            self.joined(words.chain([unit]).chain(after.iter().copied()))
        } else {
            self.joined(words.chain(after.iter().copied()).chain([unit]))
        }
    }

    /// The name with other words.
    pub(super) fn joined<'b>(&self, words: impl Iterator<Item = &'b str>) -> String {
        let total = self.is_total.then_some("total");
        words.chain(total).collect::<Vec<_>>().join("_")
    }
}

/// The name in snake case, if it was in camel case.
pub(super) fn snake_case(name: &str) -> Option<String> {
    let mut snake_case = String::with_capacity(name.len() + 4);
    let mut is_camel_case = false;
    let mut before = ' ';
    for character in name.chars() {
        if before.is_ascii_lowercase() && character.is_ascii_uppercase() {
            is_camel_case = true;
            snake_case.push('_');
        }
        snake_case.push(character.to_ascii_lowercase());
        before = character;
    }
    is_camel_case.then_some(snake_case)
}
