//! The contract between whoever accepts an ops request and whoever answers it.
//!
//! `steeple-ops` implements [`OpsService`]; its listener, or an adapter that mounts the service under
//! a prefix of the application's own router, calls it. Neither knows the other, and no HTTP crate is
//! named here, because actix-web and axum live on different versions of `http`.

use std::{
    borrow::Cow,
    fmt,
    future::Future,
    mem,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;

/// How many bytes the body of a request may have: whoever accepts one with more answers it with a 413.
pub const LARGEST_BODY: usize = 1024;

/// The paths at which orchestrators ask how a service is: whether it is live, ready and started.
pub const PROBES: [&str; 3] = ["/livez", "/readyz", "/startupz"];

const HOST: &str = "host";

/// Answers ops requests: metrics, probes, and whatever else the service shows of itself.
pub trait OpsService: Send + Sync + 'static {
    /// Answers one request.
    ///
    /// The future may be dropped at any await point, and the body of its response at any chunk:
    /// an implementation gives back there what it holds.
    fn call(&self, request: OpsRequest) -> OpsFuture;
}

impl<S: OpsService + ?Sized> OpsService for Arc<S> {
    fn call(&self, request: OpsRequest) -> OpsFuture {
        (**self).call(request)
    }
}

/// The future of one [`OpsService::call`]; it needs no particular runtime to be polled.
pub type OpsFuture = Pin<Box<dyn Future<Output = OpsResponse> + Send>>;

/// One ops request, owned, with its whole (small) body already read.
#[derive(Clone)]
pub struct OpsRequest {
    method: String,
    path: String,
    query: Option<String>,
    headers: Vec<(String, Bytes)>,
    peer: Option<SocketAddr>,
    body: Bytes,
    is_authorized: bool,
}

impl OpsRequest {
    /// Starts a request from its method (`GET`) and its path below the mount point, which begins
    /// with `/` and is not percent-decoded.
    #[must_use]
    pub fn new(method: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            path: path.into(),
            query: None,
            headers: Vec::new(),
            peer: None,
            body: Bytes::new(),
            is_authorized: false,
        }
    }

    /// Sets the query, without the `?`. Default: none.
    #[must_use]
    pub fn with_query(mut self, query: impl Into<String>) -> Self {
        self.query = Some(query.into());
        self
    }

    /// Adds a header, after those of the same name that are already there.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<Bytes>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the host that the target of the request names, which counts instead of any `Host` header:
    /// [RFC 9112, section 3.2.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2). With HTTP/2 there is no other.
    /// Default: the headers that are already there.
    #[must_use]
    pub fn with_authority(mut self, authority: impl Into<Bytes>) -> Self {
        self.headers
            .retain(|(known, _)| !known.eq_ignore_ascii_case(HOST));
        self.with_header(HOST, authority)
    }

    /// Sets the address at the other end of the connection. Default: unknown.
    #[must_use]
    pub fn with_peer(mut self, peer: SocketAddr) -> Self {
        self.peer = Some(peer);
        self
    }

    /// Sets the body, of at most [`LARGEST_BODY`] bytes. Default: empty.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Says that the request carries the token that is asked for: for whoever has compared it. Default: it does not.
    #[must_use]
    pub fn authorized(mut self) -> Self {
        self.is_authorized = true;
        self
    }

    /// The method as sent, in upper case for all standard ones.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path below the mount point.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The query without the `?`.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// The first value of a header; names are compared without regard to case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.header_values(name).next()
    }

    /// All values of a header, in the order in which they were sent.
    pub fn header_values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.headers
            .iter()
            .filter(move |(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| &**value)
    }

    /// The hosts that the request is for: the one that its target names, or else those of its `Host` headers.
    pub fn hosts(&self) -> impl Iterator<Item = &[u8]> {
        self.header_values(HOST)
    }

    /// The address at the other end of the connection, where it is known.
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// Whether the request carries the token that is asked for; `false` where none is.
    #[must_use]
    pub fn is_authorized(&self) -> bool {
        self.is_authorized
    }

    /// The body, empty where none was sent.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

/// Shows the method, the path and the header names: queries, values and bodies may hold secrets.
impl fmt::Debug for OpsRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("OpsRequest")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("headers", &names)
            .finish_non_exhaustive()
    }
}

/// The answer to one [`OpsRequest`].
#[derive(Debug)]
pub struct OpsResponse {
    status: u16,
    headers: Vec<(&'static str, Cow<'static, str>)>,
    body: OpsBody,
}

impl OpsResponse {
    /// Starts a response with a status code, no headers and an empty body.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: OpsBody::empty(),
        }
    }

    /// Adds a header. The name is in lower case and the value visible ASCII; `content-length` and
    /// `transfer-encoding` are left to the server that sends the response.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(mut self, body: OpsBody) -> Self {
        self.body = body;
        self
    }

    /// The status code.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The headers in the order in which they were added.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.headers
            .iter()
            .map(|(name, value)| (*name, value.as_ref()))
    }

    /// Takes the body out, to be sent after the head.
    #[must_use]
    pub fn into_body(self) -> OpsBody {
        self.body
    }
}

/// The body of an [`OpsResponse`].
pub enum OpsBody {
    /// All bytes at once, so that the length is known.
    Full(Bytes),
    /// Chunks pulled one by one, for what is large or has no end.
    Stream(Box<dyn OpsStream>),
}

impl OpsBody {
    /// A body of no bytes.
    #[must_use]
    pub fn empty() -> Self {
        Self::Full(Bytes::new())
    }

    /// The size in bytes of what is left, where it is known.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        match self {
            Self::Full(bytes) => Some(bytes.len() as u64),
            Self::Stream(_) => None,
        }
    }

    /// Produces the next chunk, or `None` at the end.
    pub fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        match self {
            Self::Full(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Full(bytes) => Poll::Ready(Some(mem::take(bytes))),
            Self::Stream(stream) => stream.poll_chunk(cx),
        }
    }
}

impl fmt::Debug for OpsBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(bytes) => write!(f, "Full({} bytes)", bytes.len()),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}

/// Produces a body chunk by chunk, each only when the client has room for it.
///
/// Dropping the stream cancels it.
pub trait OpsStream: Send + 'static {
    /// Produces the next chunk, or `None` at the end; not called again after `None`.
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_found_without_regard_to_case_and_the_first_wins() {
        let request = OpsRequest::new("GET", "/metrics")
            .with_header("Accept", "text/plain")
            .with_header("accept", "*/*");

        assert_eq!(request.header("ACCEPT"), Some(&b"text/plain"[..]));
        assert_eq!(request.header("host"), None);
    }

    #[test]
    fn the_authority_counts_instead_of_the_host_headers() {
        let request = OpsRequest::new("GET", "/metrics")
            .with_header("Host", "forged.example")
            .with_header("host", "localhost");

        let several: Vec<_> = request.hosts().collect();
        assert_eq!(several, [&b"forged.example"[..], b"localhost"]);
        let request = request.with_authority("shop.example");
        let one: Vec<_> = request.hosts().collect();
        assert_eq!(one, [&b"shop.example"[..]]);
    }

    #[test]
    fn debug_output_shows_no_query_header_value_or_body() {
        let request = OpsRequest::new("PUT", "/log-level")
            .with_query("key=secret")
            .with_header("authorization", "Bearer secret")
            .with_body("secret");

        let shown = format!("{request:?}");

        assert!(!shown.contains("secret"), "{shown}");
        assert!(shown.contains("authorization"), "{shown}");
    }
}
