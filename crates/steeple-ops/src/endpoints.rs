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
}

impl OpsService for Endpoints {
    fn call(&self, request: OpsRequest) -> OpsFuture {
        let refusal = self.guard.refusal(&request);
        Box::pin(ready(
            refusal.unwrap_or_else(|| self.routes.answer(&request)),
        ))
    }
}

impl fmt::Debug for Endpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoints").finish_non_exhaustive()
    }
}
