use std::hash::{BuildHasher, Hasher, RandomState};

use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher24;
use steeple_core::errors::UserId;

/// How many are told apart.
const MOST: usize = 256;

/// What ids of users are hashed by, so that who reads a hash cannot try which id it is of without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UserKey(u64, u64);

impl UserKey {
    /// One that nobody knows.
    pub(crate) fn random() -> Self {
        let random = || RandomState::new().build_hasher().finish();
        Self(random(), random())
    }

    /// 53 bits, which every reader of JSON takes for a number.
    pub(crate) fn hash(self, user: &UserId) -> u64 {
        let mut hasher = SipHasher24::new_with_keys(self.0, self.1);
        hasher.write(user.as_str().as_bytes());
        hasher.finish() >> 11
    }
}

/// The hashes of different users, up to a number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Users {
    /// In their order.
    hashes: Vec<u64>,
    /// Whether there were more.
    more: bool,
}

impl Users {
    pub(crate) fn add(&mut self, hash: u64) {
        if let Err(place) = self.hashes.binary_search(&hash) {
            if self.hashes.len() < MOST {
                self.hashes.insert(place, hash);
            } else {
                self.more = true;
            }
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for hash in &other.hashes {
            self.add(*hash);
        }
        self.more |= other.more;
    }

    /// Keeps that there were some.
    pub(crate) fn forget(&mut self) {
        self.more |= !self.hashes.is_empty();
        self.hashes.clear();
    }

    pub(crate) fn count(&self) -> usize {
        self.hashes.len()
    }

    pub(crate) fn has_more(&self) -> bool {
        self.more
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.hashes.capacity() * size_of::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_user_counts_once_up_to_the_bound() {
        let mut users = Users::default();
        for hash in (0..200).chain(0..200) {
            users.add(hash);
        }
        assert_eq!((users.count(), users.has_more()), (200, false));
        let mut others = Users::default();
        (100..300).for_each(|hash| others.add(hash));
        users.merge(&others);
        assert_eq!((users.count(), users.has_more()), (MOST, true));
        let mut few = Users::default();
        few.merge(&users);
        assert_eq!(few, users);
    }

    #[test]
    fn keys_differ() {
        assert_ne!(UserKey::random(), UserKey::random());
    }
}
