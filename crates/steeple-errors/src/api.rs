//! What is answered to whoever asks for groups over HTTP.

use std::{collections::BTreeMap, sync::Arc};

use serde::Serialize;

use crate::{Figures, Group, Sample, json};

#[derive(Serialize)]
struct Groups<'a> {
    groups: Vec<Outline<'a>>,
    evicted_groups: u64,
    lost_records: u64,
    failed_writes: u64,
}

#[derive(Serialize)]
struct Outline<'a> {
    id: String,
    kind: &'a str,
    #[serde(rename = "type")]
    type_name: Option<&'a str>,
    message: &'a str,
    place: Option<&'a str>,
    fingerprint: &'a [String],
    count: u64,
    per_minute: f64,
    minutes: [u64; 15],
    #[serde(rename = "first_seen_ms", serialize_with = "crate::time::serialize")]
    first_seen: std::time::SystemTime,
    #[serde(rename = "last_seen_ms", serialize_with = "crate::time::serialize")]
    last_seen: std::time::SystemTime,
    routes: BTreeMap<&'a str, u64>,
    in_other_routes: u64,
    users: usize,
    has_more_users: bool,
}

#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    outline: Outline<'a>,
    samples: &'a [Arc<Sample>],
}

pub(crate) fn groups(groups: &[Group], figures: &Figures) -> String {
    json::text(&Groups {
        groups: groups.iter().map(Outline::from).collect(),
        evicted_groups: figures.evicted_groups,
        lost_records: figures.lost_records,
        failed_writes: figures.failed_writes,
    })
}

pub(crate) fn group(group: &Group) -> String {
    json::text(&Whole {
        outline: group.into(),
        samples: &group.samples,
    })
}

impl<'a> From<&'a Group> for Outline<'a> {
    fn from(group: &'a Group) -> Self {
        Self {
            id: group.id.to_string(),
            kind: &group.kind,
            type_name: group.type_name.as_deref(),
            message: &group.message,
            place: group.place.as_deref(),
            fingerprint: &group.fingerprint,
            count: group.count,
            per_minute: group.per_minute(),
            minutes: group.minutes(),
            first_seen: group.first_seen,
            last_seen: group.last_seen,
            routes: group.routes().collect(),
            in_other_routes: group.in_other_routes(),
            users: group.users(),
            has_more_users: group.has_more_users(),
        }
    }
}
