use steeple_core::ops::{OpsRequest, OpsResponse};

use crate::{answer, scrapes::Scrapes};

/// Answers each path.
pub(crate) struct Routes {
    scrapes: Scrapes,
}

impl Routes {
    pub(crate) fn new(scrapes: Scrapes) -> Self {
        Self { scrapes }
    }

    pub(crate) fn answer(&self, request: &OpsRequest) -> OpsResponse {
        if !matches!(request.method(), "GET" | "HEAD") {
            return answer::text(405, "only GET and HEAD are answered here")
                .with_header("allow", "GET, HEAD");
        }
        match Route::of(request.path()) {
            Some(Route::Index) => answer::text(200, index()),
            Some(Route::Metrics) => self.scrapes.answer(request),
            Some(Route::Livez) => answer::text(200, "ok"),
            None => answer::text(404, "nothing is here; / lists what there is"),
        }
    }
}

/// Everything that is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Index,
    Livez,
    Metrics,
}

impl Route {
    const ALL: [Self; 3] = [Self::Index, Self::Livez, Self::Metrics];

    pub(crate) fn of(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|route| route.path() == path)
    }

    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Index => "/",
            Self::Livez => "/livez",
            Self::Metrics => "/metrics",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Index => "this list",
            Self::Livez => "ok while the process runs",
            Self::Metrics => "metrics, as Prometheus text, OpenMetrics or protobuf",
        }
    }
}

fn index() -> String {
    Route::ALL
        .map(|route| format!("{:<10} {}", route.path(), route.description()))
        .join("\n")
}
