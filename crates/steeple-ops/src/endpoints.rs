use std::{fmt, future::ready};

use steeple_core::ops::{OpsFuture, OpsRequest, OpsService};

use crate::{guard::Guard, routes::Routes};

/// Everything that is served, behind the checks of `Host`, token and method: whoever calls it cannot
/// forget them. [`OpsBuilder::service`](crate::OpsBuilder::service) makes it.
pub struct Endpoints {
    guard: Guard,
    routes: Routes,
}

impl Endpoints {
    pub(crate) fn new(guard: Guard, routes: Routes) -> Self {
        Self { guard, routes }
    }

    /// By which path a request is counted.
    pub(crate) fn counted_path(&self, path: &str) -> &'static str {
        self.routes.path(path).unwrap_or("other")
    }
}

impl OpsService for Endpoints {
    fn call(&self, request: OpsRequest) -> OpsFuture {
        match self.guard.refusal(&request) {
            Some(refusal) => Box::pin(ready(refusal)),
            None if self.guard.token.is_some() => self.routes.answer(request.authorized()),
            None => self.routes.answer(request),
        }
    }
}

impl fmt::Debug for Endpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoints").finish_non_exhaustive()
    }
}
