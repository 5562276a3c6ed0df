use serde::{Deserialize, Serialize};

/// How many are told apart.
const MOST: usize = 20;

/// How often each of a bounded number of names came; beyond that they are counted together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    named: Vec<(String, u64)>,
    others: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, name: &str, count: u64) {
        if let Some((_, known)) = self.named.iter_mut().find(|(known, _)| known == name) {
            *known = known.saturating_add(count);
        } else if self.named.len() < MOST {
            self.named.push((name.to_owned(), count));
        } else {
            self.others = self.others.saturating_add(count);
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (name, count) in &other.named {
            self.add(name, *count);
        }
        self.others = self.others.saturating_add(other.others);
    }

    pub(crate) fn named(&self) -> impl Iterator<Item = (&str, u64)> {
        self.named.iter().map(|(name, count)| (&**name, *count))
    }

    pub(crate) fn others(&self) -> u64 {
        self.others
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let names = self.named.iter();
        names
            .map(|(name, _)| name.len() + size_of::<(String, u64)>())
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beyond_the_bound_are_counted_together() {
        let mut counts = Counts::default();
        for number in 0..100 {
            counts.add(&number.to_string(), 1);
        }
        counts.add("0", 1);
        let mut twice = counts.clone();
        twice.merge(&counts);
        assert_eq!(twice.named().count(), MOST);
        assert_eq!(twice.named().next(), Some(("0", 4)));
        let all: u64 = twice.named().map(|(_, count)| count).sum();
        assert_eq!(all + twice.others(), 202);
    }
}
