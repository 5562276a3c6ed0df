//! The end of an observation: one record, made in one place, handed to every sink.

use std::sync::Arc;

use crate::{
    connection::Connection,
    current,
    grpc::Call,
    kept_head::KeptHead,
    lifetime::Lifetime,
    observation::{
        pool,
        state::{State, Subject, Trouble},
    },
    observer::Shared,
    outcome::Outcome,
    panic::{self, PanicReport},
    record::{JobRecord, Keys, RequestRecord},
    request_id::RequestId,
    traces::{Lineage, Recording},
    upgrade::Upgrade,
};

/// What all that is settled has.
struct End<'a> {
    outcome: Outcome,
    request_id: &'a RequestId,
    lineage: &'a Lineage,
    trouble: Option<&'a Trouble>,
    recording: Option<&'a Recording>,
}

/// Settles `state` and gives it back to the pool.
pub(crate) fn settle(mut state: Box<State>) {
    let Some(shared) = state.shared.take() else {
        return;
    };
    let outcome = state.settled_outcome();
    // The method of a call has a policy of its own, which says whether the call is recorded.
    let call = state.settle_call(&shared, outcome);
    let recorded = state.take_recording(&shared);
    let request_id = state.fields.request_id;
    let lineage = state.fields.lineage;
    let troubled = state.progress.trouble.take();
    let trouble = troubled.as_deref();
    // Few requests are asked for it, and of the others nothing is moved.
    let kept = if state.progress.keeps_head {
        state.head.take()
    } else {
        None
    };
    let head = kept.as_deref();
    let end = End {
        outcome,
        request_id: &request_id,
        lineage: &lineage,
        trouble,
        recording: recorded.as_deref(),
    };
    let mut settling;
    match state.beginning.subject {
        Subject::Request => {
            let record = request_record(&state, &shared, &end, call, head);
            if record.upgraded {
                go_on(&shared, &record, state.progress.upgrade.take());
            }
            let deferred = state.deferred.take();
            settling = Some(state);
            current::enter(&mut settling, || {
                if let Some(panic) = record.panic {
                    shared.deliver(|| log_panic(panic, &request_id, &lineage));
                }
                if let Some(deferred) = deferred {
                    deferred.run(|action| shared.deliver(action));
                }
                shared.request(&record);
                if let Some(error_type) = record.error_type
                    && !record.keys.ignored
                {
                    shared.failed(record.outcome, error_type, record.status, trouble, head);
                }
            });
        }
        Subject::Job { kind, name } => {
            let record = job_record(&state, &end, kind, name);
            settling = Some(state);
            current::enter(&mut settling, || {
                if let Some(panic) = record.panic {
                    shared.deliver(|| log_panic(panic, &request_id, &lineage));
                }
                shared.job(&record);
                if let Some(error_type) = record.error_type {
                    shared.failed(record.outcome, error_type, None, trouble, None);
                }
            });
        }
    }
    if let Some(mut state) = settling {
        if let Some(scope) = state.own_scope.take() {
            shared.deliver(|| drop(scope));
        }
        state.shared = Some(shared);
        if let Some(head) = kept {
            state.head = Some(head);
        }
        if let Some(mut recording) = recorded {
            recording.end();
            state.recording = Some(recording);
        }
        pool::release(state);
    }
    // Most often there is none, and no call is needed to see it.
    if let Some(troubled) = troubled {
        drop(troubled);
    }
}

fn request_record<'a>(
    state: &State,
    shared: &'a Shared,
    end: &End<'a>,
    call: Option<Call>,
    head: Option<&'a KeptHead>,
) -> RequestRecord<'a> {
    let elapsed = state.beginning.started.elapsed();
    let request_broken = state.is_request_broken();
    let (beginning, progress) = (&state.beginning, &state.progress);
    RequestRecord {
        scheme: beginning.scheme,
        version: beginning.version,
        status: (progress.status != 0).then_some(progress.status),
        outcome: end.outcome,
        error_type: state.error_type(end.outcome, end.trouble),
        request_size: state.known_request_size(request_broken),
        request_broken,
        response_size: progress.response_size,
        upgraded: state.is_upgraded(),
        streaming: state.is_streaming(),
        request_id: end.request_id,
        lineage: end.lineage,
        recording: end.recording,
        head,
        panic: end.trouble.and_then(|trouble| trouble.panic.as_ref()),
        error: end.trouble.and_then(|trouble| trouble.error.as_ref()),
        elapsed,
        to_head: progress.to_head,
        shared,
        keys: Keys {
            method: beginning.method,
            route: progress.route,
            call,
            labels: progress.labels.or(progress.policy.labels),
            active: beginning.active,
            first_route: beginning.route,
            ignored: progress.policy.ignore,
        },
    }
}

fn job_record<'a>(
    state: &State,
    end: &End<'a>,
    kind: &'static str,
    name: &'static str,
) -> JobRecord<'a> {
    JobRecord {
        kind,
        name,
        outcome: end.outcome,
        error_type: state.error_type(end.outcome, end.trouble),
        duration: state.beginning.started.elapsed().into(),
        request_id: end.request_id,
        lineage: end.lineage,
        recording: end.recording,
        panic: end.trouble.and_then(|trouble| trouble.panic.as_ref()),
        error: end.trouble.and_then(|trouble| trouble.error.as_ref()),
    }
}

/// Opens what the connection goes on as, if anybody carries it on: the connection, where one request has all of it, or
/// whoever holds `upgrade`.
#[cold]
fn go_on(shared: &Arc<Shared>, record: &RequestRecord<'_>, upgrade: Option<Upgrade>) {
    let connection = Connection::current().filter(|_| !record.version.is_multiplexed());
    if record.keys.ignored || connection.is_none() && upgrade.is_none() {
        return;
    }
    let upgrade = upgrade.unwrap_or_default();
    upgrade.begin(Lifetime::begin(shared, |metrics| metrics.upgrades(record)));
    if let Some(connection) = connection {
        connection.carry(upgrade);
    }
}

#[cold]
fn log_panic(panic: &PanicReport, request_id: &RequestId, lineage: &Lineage) {
    tracing::error!(
        target: "steeple::panic",
        panic = panic.message,
        location = panic.location,
        request_id = %request_id,
        trace_id = %lineage.context().trace_id(),
        "the observed code panicked"
    );
}

/// Logs a panic that is in no record.
#[cold]
pub(crate) fn log_unrecorded_panic(panic: &PanicReport) {
    panic::quietly(|| {
        tracing::error!(
            target: "steeple::panic",
            panic = panic.message,
            "the observed code panicked where it is not observed any more"
        );
    });
}
