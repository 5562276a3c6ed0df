use std::collections::HashMap;

use crate::{Group, GroupId, users::UserKey};

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) groups: usize,
    pub(crate) samples: usize,
    pub(crate) bytes: usize,
}

/// All groups; those that were not seen for the longest time leave where there is no room.
#[derive(Debug)]
pub(crate) struct Groups {
    by_id: HashMap<GroupId, Kept>,
    pub(crate) bounds: Bounds,
    bytes: usize,
    /// How often a group was added to.
    additions: u64,
    pub(crate) evicted: u64,
    pub(crate) user_key: UserKey,
}

#[derive(Debug)]
struct Kept {
    group: Group,
    bytes: usize,
    /// By the number of the addition.
    last_added: u64,
}

impl Groups {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            by_id: HashMap::new(),
            bounds,
            bytes: 0,
            additions: 0,
            evicted: 0,
            user_key: UserKey::random(),
        }
    }

    /// Adds what was counted apart.
    pub(crate) fn add(&mut self, counted: Group) {
        self.additions += 1;
        let kept = match self.by_id.remove(&counted.id) {
            Some(mut kept) => {
                self.bytes -= kept.bytes;
                kept.group.merge(counted);
                kept.group
            }
            None => counted,
        };
        self.keep(kept);
        while self.by_id.len() > self.bounds.groups.max(1)
            || self.bytes > self.bounds.bytes && self.by_id.len() > 1
        {
            self.evict();
        }
    }

    /// Adds what was counted before all that is here, and hashes users by the key of that, which then those that were hashed are
    /// not known by any more.
    pub(crate) fn add_earlier(&mut self, key: Option<UserKey>, earlier: Vec<Group>) {
        let mut all = Self::new(self.bounds);
        earlier.into_iter().for_each(|group| all.add(group));
        // Those that left then were counted then.
        all.evicted = self.evicted;
        all.user_key = key.unwrap_or(self.user_key);
        for mut group in self.all() {
            if all.user_key != self.user_key {
                group.forget_users();
            }
            all.add(group);
        }
        *self = all;
    }

    fn keep(&mut self, mut group: Group) {
        group.keep_samples(self.bounds.samples);
        let bytes = group.heap_bytes();
        self.bytes += bytes;
        let kept = Kept {
            bytes,
            last_added: self.additions,
            group,
        };
        self.by_id.insert(kept.group.id, kept);
    }

    fn evict(&mut self) {
        let oldest = self.by_id.values().min_by_key(|kept| kept.last_added);
        let oldest = oldest.map(|kept| kept.group.id);
        if let Some(kept) = oldest.and_then(|id| self.by_id.remove(&id)) {
            self.bytes -= kept.bytes;
            self.evicted += 1;
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn group(&self, id: GroupId) -> Option<Group> {
        Some(self.by_id.get(&id)?.group.clone())
    }

    /// All, the one that was seen last at the end.
    pub(crate) fn all(&self) -> Vec<Group> {
        let mut kept: Vec<_> = self.by_id.values().collect();
        kept.sort_by_key(|kept| kept.last_added);
        kept.into_iter().map(|kept| kept.group.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use steeple_core::current;

    use super::*;
    use crate::testing::{counted, report};

    fn groups(bounds: Bounds, names: &[&'static str]) -> Groups {
        let mut groups = Groups::new(bounds);
        for name in names {
            let key = groups.user_key;
            groups.add(counted(&report(name, "gone", || ()), key));
        }
        groups
    }

    fn routes(groups: &Groups) -> Vec<String> {
        let all = groups.all();
        let routes = all.iter().flat_map(|group| group.routes());
        routes
            .map(|(route, count)| format!("{route} {count}"))
            .collect()
    }

    const WIDE: Bounds = Bounds {
        groups: 2,
        samples: 1,
        bytes: usize::MAX,
    };

    #[test]
    fn the_group_that_was_not_seen_for_the_longest_time_leaves_and_is_counted() {
        let groups = groups(WIDE, &["a", "b", "a", "c"]);
        assert_eq!(routes(&groups), ["job a 2", "job c 1"]);
        assert_eq!((groups.len(), groups.evicted), (2, 1));
    }

    #[test]
    fn users_are_told_apart_by_one_key() {
        let ada = || current::user("ada");
        let mut groups = Groups::new(WIDE);
        let own = groups.user_key;
        groups.add(counted(&report("a", "gone", ada), own));
        groups.add_earlier(Some(own), Vec::new());
        let users = |groups: &Groups| {
            let group = &groups.all()[0];
            (group.users(), group.has_more_users())
        };
        assert_eq!(users(&groups), (1, false));

        let key = UserKey::random();
        let earlier = counted(&report("a", "gone", ada), key);
        groups.add_earlier(Some(key), vec![earlier]);
        assert_eq!((groups.user_key, users(&groups)), (key, (1, true)));
        groups.add(counted(&report("a", "gone", ada), key));
        assert_eq!((groups.all()[0].count, users(&groups)), (3, (1, true)));
    }

    #[test]
    fn bytes_are_bounded_and_given_back() {
        let one = groups(WIDE, &["a"]).bytes;
        let bounds = Bounds {
            bytes: one + one / 2,
            ..WIDE
        };
        let mut groups = groups(bounds, &["a", "b"]);
        assert_eq!(routes(&groups), ["job b 1"]);
        assert_eq!((groups.bytes, groups.evicted), (one, 1));
        groups.evict();
        assert_eq!((groups.bytes, groups.len()), (0, 0));
        // One is kept, whatever it takes.
        groups.bounds.bytes = 0;
        groups.add(counted(&report("c", "gone", || ()), groups.user_key));
        assert_eq!(groups.len(), 1);
    }
}
