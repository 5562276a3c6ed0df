use std::{fmt, future::Future, pin::Pin};

use bytes::Bytes;
use steeple_core::ops::{OpsBody, OpsFuture};

use crate::answer;

type Making = Pin<Box<dyn Future<Output = String> + Send>>;

/// What is made anew for each request of a path.
pub(crate) struct Document {
    pub(crate) path: &'static str,
    pub(crate) description: &'static str,
    make: Box<dyn Fn() -> Making + Send + Sync>,
}

impl Document {
    pub(crate) fn json<F>(
        path: &'static str,
        description: &'static str,
        make: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = String> + Send + 'static,
    {
        Self {
            path,
            description,
            make: Box::new(move || Box::pin(make())),
        }
    }

    pub(crate) fn answer(&self) -> OpsFuture {
        let making = (self.make)();
        Box::pin(async {
            let text = making.await;
            answer::with_content_type(200, "application/json")
                .with_body(OpsBody::Full(Bytes::from(text)))
        })
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Document").field(&self.path).finish()
    }
}
