use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    sync::Arc,
};

use steeple_core::{
    errors::ErrorReport,
    pipeline::{ExportError, Exporter},
};

use crate::{
    Frame, Group, GroupId, fingerprint, frame::KnownFrames, lock, sink::Queued, store::Store,
    telemetry::Telemetry, users::UserKey,
};

/// Groups what was reported, on the thread of the pipeline.
pub(crate) struct Recorder {
    store: Arc<Store>,
    telemetry: Telemetry,
    frames: KnownFrames,
}

impl Recorder {
    pub(crate) fn new(store: Arc<Store>, telemetry: Telemetry) -> Self {
        Self {
            store,
            telemetry,
            frames: KnownFrames::default(),
        }
    }

    /// What is counted of each group, in the order in which they came first.
    fn counted(&mut self, reports: &[Queued], key: UserKey, samples: usize) -> Vec<Group> {
        let mut places: HashMap<GroupId, usize> = HashMap::new();
        let mut groups: Vec<(Group, VecDeque<&ErrorReport>)> = Vec::new();
        for Queued(report) in reports {
            let frames = self.frames(report);
            let id = fingerprint::of(report, &frames);
            let place = match places.entry(id) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(new) => {
                    groups.push((Group::of(id, report, &frames), VecDeque::new()));
                    *new.insert(groups.len() - 1)
                }
            };
            let (group, last) = &mut groups[place];
            group.count(report, key);
            last.push_back(report);
            if last.len() > samples.max(1) {
                last.pop_front();
            }
        }
        let shown = groups.into_iter().map(|(mut group, last)| {
            for report in last {
                group.show(report, self.frames(report));
            }
            group.keep_samples(samples);
            group
        });
        shown.collect()
    }

    fn frames(&mut self, report: &ErrorReport) -> Arc<[Frame]> {
        match &report.backtrace {
            Some(backtrace) if !self.store.is_dying() => self.frames.of(backtrace),
            _ => Arc::default(),
        }
    }
}

impl Exporter<Queued> for Recorder {
    /// The file is local: it blocks the worker for as long as the disk takes, and nobody else.
    async fn export(&mut self, batch: &[Queued]) -> Result<(), ExportError> {
        let (key, samples) = {
            let groups = lock(&self.store.groups);
            (groups.user_key, groups.bounds.samples)
        };
        let counted = self.counted(batch, key, samples);
        let written = self.store.add(&counted);
        self.telemetry.tell(&self.store);
        // All are counted in memory, and the pipeline logs why they are not in the file.
        written.map_err(|error| ExportError::partial(0, error))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.store.sync();
    }
}
