use std::{fmt, future::Future, pin::Pin};

use bytes::Bytes;
use steeple_core::ops::{OpsBody, OpsFuture};

use crate::answer;

type Making = Pin<Box<dyn Future<Output = Option<String>> + Send>>;

/// What is made anew for each request of a path, or of those that differ in their last segment.
pub(crate) struct Document {
    /// With `{...}` as last segment where that may be any.
    pub(crate) path: &'static str,
    pub(crate) description: &'static str,
    make: Box<dyn Fn(&str) -> Making + Send + Sync>,
}

impl Document {
    /// `make` is given the last segment of the path, and makes nothing where there is nothing.
    pub(crate) fn json<F>(
        path: &'static str,
        description: &'static str,
        make: impl Fn(&str) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Option<String>> + Send + 'static,
    {
        Self {
            path,
            description,
            make: Box::new(move |segment| Box::pin(make(segment))),
        }
    }

    pub(crate) fn is_at(&self, path: &str) -> bool {
        match self.path.split_once('{') {
            None => path == self.path,
            Some((start, _)) => path
                .strip_prefix(start)
                .is_some_and(|segment| !segment.is_empty() && !segment.contains('/')),
        }
    }

    pub(crate) fn answer(&self, path: &str) -> OpsFuture {
        let segment = path.rsplit('/').next().unwrap_or_default();
        let making = (self.make)(segment);
        Box::pin(async {
            match making.await {
                Some(text) => answer::with_content_type(200, "application/json")
                    .with_body(OpsBody::Full(Bytes::from(text))),
                None => answer::text(404, "nothing is here any more"),
            }
        })
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Document").field(&self.path).finish()
    }
}
