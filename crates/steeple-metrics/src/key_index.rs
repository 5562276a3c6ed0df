use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::Arc,
};

use metrics::Key;

use crate::series::Series;

/// Series by the hashes of the facade's keys.
///
/// Keys are not kept: they would be the most of what a series takes. So what is found is a candidate, to be compared. Of two
/// keys with one hash the later is found; the other series is found by its labels.
#[derive(Debug, Default)]
pub(crate) struct KeyIndex(HashMap<u64, (u32, Arc<Series>), BuildHasherDefault<Hashed>>);

impl KeyIndex {
    /// The series that is likely to be that of `key`, and the position of its metric.
    pub(crate) fn candidate(&self, key: &Key) -> Option<(usize, &Series)> {
        let (position, series) = self.0.get(&key.get_hash())?;
        Some((*position as usize, series))
    }

    pub(crate) fn insert(&mut self, key: &Key, position: usize, series: Arc<Series>) {
        // More metrics than that are found by their labels.
        if let Ok(position) = u32::try_from(position) {
            series.set_key_hash(key.get_hash());
            self.0.insert(key.get_hash(), (position, series));
        }
    }

    /// Forgets the series, unless its key's hash is that of another one by now.
    pub(crate) fn forget(&mut self, series: &Arc<Series>) {
        let hash = series.key_hash();
        let known = self.0.get(&hash);
        if known.is_some_and(|(_, known)| Arc::ptr_eq(known, series)) {
            self.0.remove(&hash);
        }
    }
}

/// Takes a hash for what it is.
#[derive(Debug, Default)]
pub(crate) struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, bytes: &[u8]) {
        // Only hashes are looked up; for anything else this would be slow and right.
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use metrics::{Key, Label};

    use super::*;
    use crate::{Kind, Registry};

    #[test]
    fn a_key_with_the_hash_of_another_finds_its_own_series() {
        let registry = Registry::new();
        let keys = ["1", "2"].map(|value| Key::from_parts("c", vec![Label::new("a", value)]));
        let register = |key| registry.register_key(Kind::Counter, key).unwrap();
        let cells = keys.each_ref().map(register);
        let position = registry
            .write()
            .catalog
            .find(Kind::Counter, "c")
            .unwrap()
            .unwrap();
        // As if both hashes were one.
        let first = registry
            .read()
            .by_key
            .candidate(&keys[0])
            .unwrap()
            .1
            .labels
            .clone();
        let series = Arc::clone(&registry.read().catalog.families[position].series[&first]);
        registry.write().by_key.insert(&keys[1], position, series);
        let found = keys.each_ref().map(register);
        for (cell, found) in cells.iter().zip(&found) {
            assert!(Arc::ptr_eq(
                cell.as_counter().unwrap(),
                found.as_counter().unwrap()
            ));
        }
    }
}
