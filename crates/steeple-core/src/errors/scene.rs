use std::{fmt, time::SystemTime};

use tracing::Level;

use super::fingerprint::MOST_PARTS;
use crate::text;

/// How many tags one request may have.
const MOST_TAGS: usize = 32;
/// How many bytes the name of a tag may have, and its value.
const LONGEST_NAME: usize = 32;
const LONGEST_VALUE: usize = 200;
/// How many bytes a part of a fingerprint may have.
pub(super) const LONGEST_PART: usize = 200;
/// How many breadcrumbs are kept of one request: the last.
const MOST_BREADCRUMBS: usize = 32;
/// How many bytes are kept of what a breadcrumb says.
pub(crate) const LONGEST_CRUMB: usize = 256;

/// What the application has told of a request or job besides its errors. It is kept for the case that one happens.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    tags: Vec<(String, String)>,
    user: Option<UserId>,
    fingerprint: Vec<String>,
    trail: Trail,
}

/// Who was served.
#[derive(Clone, PartialEq, Eq)]
pub struct UserId(String);

/// Something that happened before.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Breadcrumb {
    /// When.
    pub at: SystemTime,
    /// How much it matters.
    pub level: Level,
    /// Where: the module, most often.
    pub target: String,
    /// What, at most 256 bytes.
    pub message: String,
}

/// The last breadcrumbs, in buffers that are used again.
#[derive(Clone, Debug, Default)]
struct Trail {
    crumbs: Vec<Breadcrumb>,
    /// How many there were.
    count: usize,
}

impl Scene {
    /// Names and values that reports can be searched by, each name once.
    pub fn tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tags.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Who was served, where the application told.
    #[must_use]
    pub fn user(&self) -> Option<&UserId> {
        self.user.as_ref()
    }

    /// What reports are the same by, if the application has said so where it happened; empty if not. Rules that it was configured
    /// with are [asked besides](super::ErrorReport::fingerprint).
    #[must_use]
    pub fn fingerprint(&self) -> &[String] {
        &self.fingerprint
    }

    /// What happened before, the oldest first.
    pub fn breadcrumbs(&self) -> impl Iterator<Item = &Breadcrumb> {
        self.trail.iter()
    }

    /// How many breadcrumbs there was no room for any more.
    #[must_use]
    pub fn dropped_breadcrumbs(&self) -> usize {
        self.trail.count.saturating_sub(MOST_BREADCRUMBS)
    }

    pub(crate) fn tag(&mut self, name: &str, value: &str) {
        let name = text::beginning(name, LONGEST_NAME);
        let value = text::beginning(value, LONGEST_VALUE);
        if let Some((_, old)) = self.tags.iter_mut().find(|(known, _)| known == name) {
            value.clone_into(old);
        } else if self.tags.len() < MOST_TAGS {
            self.tags.push((name.to_owned(), value.to_owned()));
        }
    }

    pub(crate) fn set_user(&mut self, id: &str) {
        self.user = Some(UserId(text::beginning(id, LONGEST_VALUE).to_owned()));
    }

    pub(crate) fn set_fingerprint(&mut self, parts: Vec<String>) {
        self.fingerprint = parts;
    }

    /// As many parts of a fingerprint as are kept.
    pub(crate) fn parts<'a>(parts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        let bounded = |part| text::beginning(part, LONGEST_PART).to_owned();
        parts.into_iter().take(MOST_PARTS).map(bounded).collect()
    }

    pub(crate) fn breadcrumb(&mut self, at: SystemTime, level: Level, target: &str, message: &str) {
        self.trail.push(at, level, target, message);
    }

    /// Becomes that of another request or job.
    pub(crate) fn clear(&mut self) {
        self.tags.clear();
        self.user = None;
        self.fingerprint.clear();
        self.trail.count = 0;
    }
}

impl UserId {
    /// The id as the application told it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who was served is personal.
impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserId(..)")
    }
}

impl Trail {
    fn push(&mut self, at: SystemTime, level: Level, target: &str, message: &str) {
        let place = self.count % MOST_BREADCRUMBS;
        self.count += 1;
        let message = text::beginning(message, LONGEST_CRUMB);
        let target = text::beginning(target, LONGEST_VALUE);
        match self.crumbs.get_mut(place) {
            Some(crumb) => {
                (crumb.at, crumb.level) = (at, level);
                target.clone_into(&mut crumb.target);
                message.clone_into(&mut crumb.message);
            }
            None => self.crumbs.push(Breadcrumb {
                at,
                level,
                target: target.to_owned(),
                message: message.to_owned(),
            }),
        }
    }

    fn iter(&self) -> impl Iterator<Item = &Breadcrumb> {
        let kept = self.count.min(MOST_BREADCRUMBS);
        let first = self.count - kept;
        (first..self.count).filter_map(|number| self.crumbs.get(number % MOST_BREADCRUMBS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(scene: &Scene) -> Vec<&str> {
        scene.breadcrumbs().map(|crumb| &*crumb.message).collect()
    }

    #[test]
    fn the_last_breadcrumbs_are_kept_in_their_order() {
        let mut scene = Scene::default();
        for number in 0..40 {
            scene.breadcrumb(
                SystemTime::UNIX_EPOCH,
                Level::INFO,
                "shop",
                &number.to_string(),
            );
        }
        let expected: Vec<_> = (8..40).map(|number| number.to_string()).collect();
        assert_eq!(messages(&scene), expected);
        assert_eq!(scene.dropped_breadcrumbs(), 8);
        scene.clear();
        assert_eq!(messages(&scene), [""; 0]);
        scene.breadcrumb(SystemTime::UNIX_EPOCH, Level::WARN, "shop", "of the next");
        assert_eq!(messages(&scene), ["of the next"]);
    }

    #[test]
    fn everything_is_bounded() {
        let mut scene = Scene::default();
        let long = "ä".repeat(1_000);
        for number in 0..100 {
            scene.tag(&number.to_string(), &long);
        }
        scene.tag("0", "again");
        assert_eq!(scene.tags().count(), 32);
        assert_eq!(scene.tags().next(), Some(("0", "again")));
        assert!(scene.tags().all(|(_, value)| value.len() <= 200));
        scene.set_user(&long);
        assert_eq!(scene.user().unwrap().as_str().len(), 200);
        scene.set_fingerprint(Scene::parts([&*long; 100]));
        assert_eq!(scene.fingerprint().len(), 8);
        scene.breadcrumb(SystemTime::UNIX_EPOCH, Level::INFO, &long, &long);
        assert_eq!(messages(&scene)[0].len(), 256);
    }

    #[test]
    fn a_user_is_not_printed() {
        let mut scene = Scene::default();
        scene.set_user("ada@example.org");
        assert!(!format!("{scene:?}").contains("ada"));
    }
}
