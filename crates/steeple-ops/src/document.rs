use std::{fmt, future::Future, sync::Arc};

use bytes::Bytes;
use steeple_core::ops::{OpsBody, OpsFuture, OpsRequest, OpsService};

use crate::answer;

/// What was added to be answered at a path, or at those that differ in their last segment.
pub(crate) struct Document {
    /// With `{...}` as last segment where that may be any.
    pub(crate) path: &'static str,
    pub(crate) description: &'static str,
    service: Arc<dyn OpsService>,
    takes_changes: bool,
}

impl Document {
    pub(crate) fn new(
        path: &'static str,
        description: &'static str,
        service: impl OpsService,
    ) -> Self {
        Self {
            path,
            description,
            service: Arc::new(service),
            takes_changes: false,
        }
    }

    /// Answers PUT and DELETE, too.
    pub(crate) fn taking_changes(self) -> Self {
        Self {
            takes_changes: true,
            ..self
        }
    }

    /// The methods that are answered, as the field `allow` lists them.
    pub(crate) fn methods(&self) -> &'static str {
        if self.takes_changes {
            "GET, HEAD, PUT, DELETE"
        } else {
            "GET, HEAD"
        }
    }

    /// `make` is given the last segment of the path, and makes nothing where there is nothing.
    pub(crate) fn json<F>(
        path: &'static str,
        description: &'static str,
        make: impl Fn(&str) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Option<String>> + Send + 'static,
    {
        Self::new(path, description, Json(make))
    }

    pub(crate) fn is_at(&self, path: &str) -> bool {
        match self.path.split_once('{') {
            None => path == self.path,
            Some((start, _)) => path
                .strip_prefix(start)
                .is_some_and(|segment| !segment.is_empty() && !segment.contains('/')),
        }
    }

    pub(crate) fn answer(&self, request: OpsRequest) -> OpsFuture {
        let answering = self.service.call(request);
        Box::pin(async { answer::secured(answering.await) })
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Document").field(&self.path).finish()
    }
}

/// Text of JSON that is made anew for each request.
struct Json<M>(M);

impl<M, F> OpsService for Json<M>
where
    M: Fn(&str) -> F + Send + Sync + 'static,
    F: Future<Output = Option<String>> + Send + 'static,
{
    fn call(&self, request: OpsRequest) -> OpsFuture {
        let segment = request.path().rsplit('/').next().unwrap_or_default();
        let making = (self.0)(segment);
        Box::pin(async {
            match making.await {
                Some(text) => answer::with_content_type(200, "application/json")
                    .with_body(OpsBody::Full(Bytes::from(text))),
                None => answer::text(404, "nothing is here any more"),
            }
        })
    }
}
