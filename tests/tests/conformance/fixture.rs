//! What every adapter serves, as far as it does not depend on the framework.

use std::{future, future::Future, io, time::Duration};

use bytes::Bytes;
use futures_util::{
    StreamExt,
    stream::{self, BoxStream, Stream},
};
use steeple::current;

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;
pub(crate) type Part = Result<Bytes, BoxError>;

/// The templates of the routes that [`answer`] knows, for routers.
pub(crate) const ROUTES: [&str; 24] = [
    "/ok",
    "/status/{code}",
    "/attached",
    "/panic",
    "/panic-in-body",
    "/never",
    "/endless",
    "/silent",
    "/slow",
    "/chunks",
    "/large",
    "/exact",
    "/length-header",
    "/broken-body",
    "/events",
    "/healthz",
    "/length",
    "/upload",
    "/timed-out",
    "/tenant",
    "/identified",
    "/record",
    "/propagated",
    "/spawned",
];
/// The size of `/large` in bytes: more than middleware finds too small to compress.
pub(crate) const LARGE: usize = 5_000;
/// After how long a timeout gives up.
pub(crate) const LIMIT: Duration = Duration::from_millis(100);
/// The template below the prefix `/api`.
pub(crate) const NESTED: &str = "/users/{id}";
/// The prefix below `/api`, and the template below that.
pub(crate) const INNER: (&str, &str) = ("/{version}", "/items/{id}");
/// Routes on which a framework's own ways to fail answer. Where it has none, [`fail`] does.
pub(crate) const FAILURES: [&str; 5] = [
    "/panic-in-extractor",
    "/extractor-refuses",
    "/handler-refuses",
    "/responder-refuses",
    "/responder-panics",
];

/// A response, whatever the framework's type for it.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) content: Content,
}

/// The body of a [`Reply`].
pub(crate) enum Content {
    Text(String),
    Exact(Exact),
    Stream(BoxStream<'static, Part>),
}

/// A body that tells its size, and that a server has no reason to poll to its end.
pub(crate) struct Exact(Vec<&'static str>);

impl Exact {
    pub(crate) fn size(&self) -> u64 {
        self.0.iter().map(|part| part.len() as u64).sum()
    }

    pub(crate) fn next(&mut self) -> Option<Bytes> {
        self.0.pop().map(|part| Bytes::from_static(part.as_bytes()))
    }
}

/// The error of everything that refuses.
#[derive(Debug, thiserror::Error)]
#[error("refused with {0}")]
pub(crate) struct Refused(pub(crate) u16);

/// The handler of all of [`ROUTES`] and of what is below `/api`; `length` reads the body of the request.
pub(crate) async fn answer(
    path: &str,
    length: impl Future<Output = Result<usize, BoxError>>,
) -> Reply {
    match path {
        "/attached" => {
            current::attach(&io::Error::other("the bank does not answer"));
            status(502)
        }
        "/panic" => panic!("lost"),
        "/panic-in-body" => streamed(part_and(|| panic!("lost in the body"))),
        "/never" => future::pending().await,
        "/endless" => streamed(stream::repeat_with(kilobyte)),
        "/silent" => streamed(stream::iter([kilobyte()]).chain(stream::pending())),
        "/slow" => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            text("too late")
        }
        "/chunks" => streamed(parts(["part ", "part ", "part "])),
        "/large" => text("x".repeat(LARGE)),
        "/exact" => Reply {
            content: Content::Exact(Exact(vec!["part", "half "])),
            ..status(200)
        },
        "/length-header" => Reply {
            headers: vec![("content-length", "15")],
            ..streamed(parts(["part ", "part ", "part "]))
        },
        "/broken-body" => streamed(part_and(|| Err("the disk is gone".into()))),
        "/events" => Reply {
            headers: vec![("content-type", "text/event-stream")],
            ..streamed(parts(["data: 1\n\n", "data: 2\n\n"]))
        },
        "/upload" => status(if length.await.is_ok() { 204 } else { 500 }),
        "/length" => text(format!("{:?}", length.await)),
        "/timed-out" => {
            current::timed_out();
            status(503)
        }
        "/tenant" => {
            current::label("tenant", "acme");
            text("acme")
        }
        "/identified" => Reply {
            headers: vec![("x-request-id", "by-the-handler")],
            ..status(200)
        },
        "/record" => {
            metrics::counter!("handler_runs_total").increment(1);
            text("recorded")
        }
        "/propagated" => {
            let user = current::baggage("user").unwrap_or_default();
            current::set_baggage("greeted", &user);
            let mut fields = Vec::new();
            current::inject(&mut |name, value| fields.push(format!("{name}: {value}")));
            Reply {
                headers: vec![("server-timing", "db;dur=5")],
                ..text(fields.join("\n"))
            }
        }
        "/spawned" => {
            let carried = tokio::spawn(steeple::carry(async { traceparent() }));
            let lost = tokio::spawn(async { traceparent() });
            text(format!(
                "carried: {}, not carried: {}",
                carried.await.unwrap(),
                lost.await.unwrap()
            ))
        }
        path => match path.strip_prefix("/status/") {
            Some(code) => status(code.parse().unwrap()),
            None => text("hello"),
        },
    }
}

/// What a callee would be told here.
fn traceparent() -> String {
    let mut told = "nothing".to_owned();
    current::inject(&mut |name, value| {
        if name == "traceparent" {
            value.clone_into(&mut told);
        }
    });
    told
}

/// The handler of [`FAILURES`] where a framework has no extractors, errors and responders.
pub(crate) fn fail(path: &str) -> Reply {
    match path {
        "/extractor-refuses" => refuse(&Refused(422)),
        "/handler-refuses" => refuse(&Refused(503)),
        "/responder-refuses" => refuse(&Refused(500)),
        "/responder-panics" => panic!("lost in the responder"),
        path => unreachable!("{path}"),
    }
}

/// What an error answers with.
pub(crate) fn refuse(error: &Refused) -> Reply {
    current::attach(error);
    Reply {
        status: error.0,
        ..text(error.to_string())
    }
}

pub(crate) fn text(text: impl Into<String>) -> Reply {
    Reply {
        status: 200,
        headers: Vec::new(),
        content: Content::Text(text.into()),
    }
}

pub(crate) fn status(status: u16) -> Reply {
    Reply { status, ..text("") }
}

fn streamed(parts: impl Stream<Item = Part> + Send + 'static) -> Reply {
    Reply {
        content: Content::Stream(parts.boxed()),
        ..status(200)
    }
}

fn kilobyte() -> Part {
    Ok(Bytes::from(vec![b'x'; 1024]))
}

fn parts<const N: usize>(parts: [&'static str; N]) -> impl Stream<Item = Part> + Send + 'static {
    stream::iter(parts).map(|part| Ok(Bytes::from_static(part.as_bytes())))
}

/// One part, and then what `last` returns or panics with.
fn part_and(last: fn() -> Part) -> impl Stream<Item = Part> + Send + 'static {
    parts(["part "]).chain(stream::once(async move {
        // The first part shall be on its way before the stream ends.
        tokio::task::yield_now().await;
        last()
    }))
}
