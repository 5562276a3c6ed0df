use std::{fmt, sync::Arc, time::Duration};

use steeple_core::{JobRecord, Outcome, RequestRecord, Sink, Timestamp, pipeline::DropReason};
use tracing_core::Level;

use super::{
    AccessFormat, AccessLogBuilder, ClientAddress, combined,
    facts::Facts,
    lines::{self, Ids, LOGGER, Told},
    rooms::Rooms,
    sampling::Sampling,
    template::Templates,
};
use crate::{
    LogsError,
    encode::{Encoder, Identity},
    shared::Shared,
    writers::{Writers, marker},
};

/// Writes a line of each request and job, from [`Logs::access_log`](crate::Logs::access_log): a sink for an
/// [observer](steeple_core::ObserverBuilder::sink).
#[derive(Clone)]
pub struct AccessLog(Arc<Access>);

struct Access {
    client: ClientAddress,
    sampling: Sampling,
    jobs: bool,
    shared: Arc<Shared>,
    templates: Templates,
    /// Where lines go that have a destination of their own.
    own: Option<Writers>,
    /// Where those in the combined format go.
    combined: Option<Writers>,
}

impl AccessLog {
    pub(crate) fn start(
        config: AccessLogBuilder,
        identity: &Identity,
        shared: Arc<Shared>,
    ) -> Result<Self, LogsError> {
        let (mut own, mut combined) = (None, None);
        for (format, start) in config.destinations {
            let writers = match format {
                AccessFormat::Lines(_) => &mut own,
                AccessFormat::Combined => &mut combined,
            };
            let encoder = Arc::new(Encoder::new(format.of_others(), identity));
            let outlet = start(marker(&encoder))?;
            writers
                .get_or_insert_with(Writers::default)
                .add(encoder, outlet);
        }
        Ok(Self(Arc::new(Access {
            client: config.client,
            sampling: config.sampling,
            jobs: config.jobs,
            shared,
            templates: Templates::new(),
            own,
            combined,
        })))
    }

    /// Those of its own.
    pub(crate) fn destinations(&self) -> impl Iterator<Item = &Writers> {
        self.0.own.iter().chain(&self.0.combined)
    }
}

impl Access {
    /// Where lines go; none if all are in the combined format.
    fn lines(&self) -> Option<&Writers> {
        let others = || self.combined.is_none().then_some(&self.shared.writers);
        self.own.as_ref().or_else(others)
    }

    fn leave_out(&self, reason: DropReason) {
        for writers in self.lines().into_iter().chain(&self.combined) {
            writers.skip(reason);
        }
    }

    fn write(&self, at: Timestamp, record: &RequestRecord<'_>, rooms: &mut Rooms) {
        let Rooms {
            texts,
            clients,
            common,
            message,
        } = rooms;
        let facts = Facts::of(record, &self.shared, self.client, texts, clients);
        let level = level(record.outcome);
        self.shared.volume.line(level);
        if let Some(writers) = self.lines() {
            let ids = Ids::of(record);
            let told = Told::of(record, &facts, &ids);
            writers.write_whole(level, |encoder, out| {
                match self.templates.fitting(encoder, at, &told) {
                    Some(template) => template.with_common(common, &told).fill(out, at, &told),
                    None => lines::request(encoder, out, at, level, &told, message),
                }
            });
        }
        if let Some(writers) = &self.combined {
            let ended = Duration::from_nanos(at.unix_nanos());
            let began = ended.saturating_sub(record.duration()).as_secs();
            writers.write_as_is(level, |buffer| {
                combined::push(buffer, began, record, &facts)
            });
        }
    }
}

impl Sink for AccessLog {
    fn request(&self, record: &RequestRecord<'_>) {
        let access = &*self.0;
        if !access.sampling.keeps(record) {
            access.shared.volume.sampled();
            return access.leave_out(DropReason::Sampled);
        }
        let at = Timestamp::now();
        Rooms::lend(|rooms| access.write(at, record, rooms));
    }

    fn job(&self, record: &JobRecord<'_>) {
        let access = &*self.0;
        let Some(writers) = access.lines().filter(|_| access.jobs) else {
            return;
        };
        let at = Timestamp::now();
        let level = level(record.outcome);
        access.shared.volume.line(level);
        let said = (record.error.map(|error| &error.message))
            .or_else(|| record.panic.map(|panic| &panic.message));
        let mut room = String::new();
        let said = said.map(|said| access.shared.redaction.text(said, &mut room));
        writers.write(at, level, LOGGER, |line| lines::job(line, record, said));
    }

    fn reads_heads(&self) -> bool {
        true
    }
}

fn level(outcome: Outcome) -> Level {
    if outcome.is_failure() {
        Level::ERROR
    } else {
        Level::INFO
    }
}

impl fmt::Debug for AccessLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessLog").finish_non_exhaustive()
    }
}
