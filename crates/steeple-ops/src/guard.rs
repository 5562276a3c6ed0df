use steeple_core::ops::{OpsRequest, OpsResponse};

use crate::{answer, host::HostPolicy, token::Token};

/// Decides who is let in, before anything else is looked at.
#[derive(Debug)]
pub(crate) struct Guard {
    pub(crate) hosts: HostPolicy,
    pub(crate) token: Option<Token>,
}

impl Guard {
    /// Returns the answer to a request that is not let in: 400 for several hosts, 421 for a
    /// foreign one, 401 without the token.
    pub(crate) fn refusal(&self, request: &OpsRequest) -> Option<OpsResponse> {
        let mut hosts = request.hosts();
        let host = hosts.next();
        if hosts.next().is_some() {
            return Some(answer::text(400, "name exactly one host"));
        }
        // Browsers always send one, and only they can be led here by a rebound name.
        if host.is_some_and(|host| !self.hosts.allows(host)) {
            return Some(answer::text(421, "this listener does not serve that host"));
        }
        let token = self.token.as_ref()?;
        let is_authorized = request
            .header("authorization")
            .is_some_and(|authorization| token.is_carried_by(authorization));
        (!is_authorized).then(|| {
            answer::text(401, "give the ops token as `Authorization: Bearer`")
                .with_header("www-authenticate", "Bearer realm=\"steeple\"")
        })
    }
}
