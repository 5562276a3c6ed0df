//! What lines tell of a request, without secrets.

use steeple_core::{KeptHead, RequestRecord};

use super::{ClientAddress, address::AddressText, clients::Clients, rooms::Texts};
use crate::shared::Shared;

/// What lines tell of a request besides the figures of its record.
pub(super) struct Facts<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
    /// Without a port.
    pub(super) domain: &'a str,
    pub(super) agent: &'a str,
    /// Tells domain and agent together from all others of the thread.
    pub(super) asked_by: u64,
    pub(super) referrer: Option<&'a str>,
    pub(super) client: Option<AddressText>,
    /// What a failure says.
    pub(super) error: Option<&'a str>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(
        record: &'a RequestRecord<'_>,
        shared: &'a Shared,
        client: ClientAddress,
        texts: &'a mut Texts,
        clients: &'a mut Clients,
    ) -> Self {
        let Some(head) = record.head else {
            return Self::of_no_head(record);
        };
        let redaction = &shared.redaction;
        let error = (record.error.map(|error| &error.message))
            .or_else(|| record.panic.map(|panic| &panic.message));
        let asked_by = clients.find(head.names(), shared, &mut texts.agent);
        let referrer = head.headers().find(|(name, _)| *name == "referer");
        Self {
            method: method(record, head),
            path: redaction.path(head.path(), &mut texts.path),
            query: head
                .query()
                .map(|query| redaction.query(query, &mut texts.query)),
            domain: &asked_by.domain,
            agent: &asked_by.agent,
            asked_by: asked_by.number,
            referrer: referrer.map(|(_, url)| redaction.text(url, &mut texts.referrer)),
            client: (head.peer())
                .and_then(|peer| client.of(peer.ip()))
                .map(AddressText::of),
            error: error.map(|error| redaction.text(error, &mut texts.error)),
        }
    }

    /// Those of an observer that keeps none.
    fn of_no_head(record: &'a RequestRecord<'_>) -> Self {
        Self {
            method: record.method(),
            path: record.route(),
            query: None,
            domain: "",
            agent: "",
            asked_by: 0,
            referrer: None,
            client: None,
            error: None,
        }
    }
}

/// As sent, where it is none of those that are known.
fn method<'a>(record: &'a RequestRecord<'_>, head: &'a KeptHead) -> &'a str {
    match record.method() {
        "_OTHER" => head.method(),
        known => known,
    }
}
