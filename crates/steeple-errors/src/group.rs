use std::{sync::Arc, time::SystemTime};

use serde::{Deserialize, Serialize};
use steeple_core::errors::ErrorReport;

use crate::{
    Frame, GroupId, Sample,
    counts::Counts,
    fingerprint,
    minutes::Minutes,
    users::{UserKey, Users},
};

/// Over how many minutes a rate is.
const RATE_MINUTES: usize = 5;

/// Failures that are the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Group {
    /// What it is asked for by.
    pub id: GroupId,
    /// What sort of failure the last was, as [`ErrorKind::as_str`](steeple_core::errors::ErrorKind::as_str) tells it.
    pub kind: String,
    /// The type of the error, where that is known.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// What the last one said.
    pub message: String,
    /// Where it happened: the location of the panic, or the application's own call on top.
    pub place: Option<String>,
    /// The application's own fingerprint, told on the spot or by a rule; empty if there is none.
    pub fingerprint: Vec<String>,
    /// How many there were.
    pub count: u64,
    /// When the first was noticed; in JSON in milliseconds since 1970.
    #[serde(rename = "first_seen_ms", with = "crate::time")]
    pub first_seen: SystemTime,
    /// When the last was noticed; in JSON in milliseconds since 1970.
    #[serde(rename = "last_seen_ms", with = "crate::time")]
    pub last_seen: SystemTime,
    minutes: Minutes,
    routes: Counts,
    users: Users,
    /// The last of them, the oldest first.
    pub samples: Vec<Arc<Sample>>,
}

impl Group {
    /// One of none so far that `report` belongs into.
    pub(crate) fn of(id: GroupId, report: &ErrorReport, frames: &[Frame]) -> Self {
        Self {
            id,
            kind: String::new(),
            type_name: report.error().type_name.as_deref().map(str::to_owned),
            message: String::new(),
            place: fingerprint::place(report, frames),
            fingerprint: fingerprint::own(report, frames).to_vec(),
            count: 0,
            first_seen: report.at,
            last_seen: report.at,
            minutes: Minutes::default(),
            routes: Counts::default(),
            users: Users::default(),
            samples: Vec::new(),
        }
    }

    pub(crate) fn count(&mut self, report: &ErrorReport, key: UserKey) {
        self.count = self.count.saturating_add(1);
        self.first_seen = self.first_seen.min(report.at);
        self.last_seen = self.last_seen.max(report.at);
        self.minutes.count(report.at);
        if let Some(route) = report.subject.route() {
            self.routes.add(&route, 1);
        }
        if let Some(user) = report.scene.user() {
            self.users.add(key.hash(user));
        }
    }

    /// Makes `report` the one that is told of.
    pub(crate) fn show(&mut self, report: &ErrorReport, frames: Arc<[Frame]>) {
        report.kind.as_str().clone_into(&mut self.kind);
        self.message.clone_from(&report.error().message);
        self.samples.push(Arc::new(Sample::of(report, frames)));
    }

    /// Adds what was counted of the same group apart from it.
    pub(crate) fn merge(&mut self, other: Self) {
        if other.last_seen >= self.last_seen {
            self.kind = other.kind;
            self.message = other.message;
            self.place = other.place;
            self.type_name = other.type_name;
        }
        self.count = self.count.saturating_add(other.count);
        self.first_seen = self.first_seen.min(other.first_seen);
        self.last_seen = self.last_seen.max(other.last_seen);
        self.minutes.merge(&other.minutes);
        self.routes.merge(&other.routes);
        self.users.merge(&other.users);
        self.samples.extend(other.samples);
        self.samples.sort_by_key(|sample| sample.at);
    }

    /// Takes the users that are known for others than those that are to come.
    pub(crate) fn forget_users(&mut self) {
        self.users.forget();
    }

    pub(crate) fn keep_samples(&mut self, most: usize) {
        let surplus = self.samples.len().saturating_sub(most);
        self.samples.drain(..surplus);
    }

    /// How many there were a minute, in the last 5 minutes.
    #[must_use]
    pub fn per_minute(&self) -> f64 {
        let counts = self.minutes();
        counts[..RATE_MINUTES].iter().sum::<u64>() as f64 / RATE_MINUTES as f64
    }

    /// How many there were in each of the last 15 minutes; the first is the present one.
    #[must_use]
    pub fn minutes(&self) -> [u64; 15] {
        self.minutes.at(SystemTime::now())
    }

    /// In which routes and jobs how many happened, up to 20 of them.
    pub fn routes(&self) -> impl Iterator<Item = (&str, u64)> {
        self.routes.named()
    }

    /// How many happened in other routes and jobs.
    #[must_use]
    pub fn in_other_routes(&self) -> u64 {
        self.routes.others()
    }

    /// How many users were served then, up to 256. Of their ids a keyed hash is kept alone.
    #[must_use]
    pub fn users(&self) -> usize {
        self.users.count()
    }

    /// Whether there were more users than are counted.
    #[must_use]
    pub fn has_more_users(&self) -> bool {
        self.users.has_more()
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let texts = [&self.kind, &self.message];
        let texts = texts.into_iter().chain(&self.type_name).chain(&self.place);
        let texts = texts.chain(&self.fingerprint).map(String::len);
        let samples = self.samples.iter().map(|sample| sample.heap_bytes());
        let counted = self.routes.heap_bytes() + self.users.heap_bytes();
        size_of::<Self>() + counted + texts.chain(samples).sum::<usize>()
    }
}
