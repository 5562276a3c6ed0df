use std::future::ready;

use steeple_core::ops::{OpsFuture, OpsRequest, OpsResponse};

use crate::{answer, change, document::Document, scrapes::Scrapes};

/// Answers each path.
pub(crate) struct Routes {
    scrapes: Scrapes,
    documents: Vec<Document>,
}

impl Routes {
    pub(crate) fn new(scrapes: Scrapes, documents: Vec<Document>) -> Self {
        Self { scrapes, documents }
    }

    pub(crate) fn answer(&self, request: OpsRequest) -> OpsFuture {
        let document = self.document(request.path());
        let methods = document.map_or("GET, HEAD", Document::methods);
        let is_answered = methods.split(", ").any(|method| method == request.method());
        match document {
            Some(document) if is_answered => {
                let refusal = change::refusal(&request);
                refusal.map_or_else(
                    || document.answer(request),
                    |refusal| Box::pin(ready(refusal)),
                )
            }
            None if is_answered => Box::pin(ready(self.answer_at_once(&request))),
            _ => {
                let refusal = answer::text(405, format!("only {methods} are answered here"));
                Box::pin(ready(refusal.with_header("allow", methods)))
            }
        }
    }

    /// The path of a route, if it is one.
    pub(crate) fn path(&self, path: &str) -> Option<&'static str> {
        let route = Route::of(path).map(Route::path);
        route.or_else(|| Some(self.document(path)?.path))
    }

    fn answer_at_once(&self, request: &OpsRequest) -> OpsResponse {
        match Route::of(request.path()) {
            Some(Route::Index) => answer::text(200, self.index()),
            Some(Route::Metrics) => self.scrapes.answer(request),
            Some(Route::Livez) => answer::text(200, "ok"),
            None => answer::text(404, "nothing is here; / lists what there is"),
        }
    }

    fn document(&self, path: &str) -> Option<&Document> {
        self.documents.iter().find(|document| document.is_at(path))
    }

    fn index(&self) -> String {
        let routes = Route::ALL.into_iter();
        let routes = routes.filter(|route| self.document(route.path()).is_none());
        let routes = routes.map(|route| (route.path(), route.description()));
        let documents = self.documents.iter();
        let documents = documents.map(|document| (document.path, document.description));
        let lines = routes.chain(documents);
        let lines: Vec<_> = lines.collect();
        let longest = lines.iter().map(|(path, _)| path.len()).max();
        let width = longest.unwrap_or(0);
        let lines: Vec<_> = lines
            .iter()
            .map(|(path, what)| format!("{path:<width$} {what}"))
            .collect();
        lines.join("\n")
    }
}

/// Everything that is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route {
    Index,
    Livez,
    Metrics,
}

impl Route {
    const ALL: [Self; 3] = [Self::Index, Self::Livez, Self::Metrics];

    fn of(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|route| route.path() == path)
    }

    fn path(self) -> &'static str {
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
