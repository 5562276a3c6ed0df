//! Calls of a server that others wrote: tonic's.

use std::{
    convert::Infallible,
    future::Ready,
    net::TcpListener,
    pin::Pin,
    sync::mpsc,
    task::{Context, Poll},
    thread,
    time::Duration,
};

use bytes::Bytes;
use prost::Message as _;
use steeple_client::{
    Authorization, Client, ClientBuilder, ClientError, Compression, Endpoint, GrpcClient,
    LARGEST_ANSWER,
    http::{self, HeaderMap, HeaderName, HeaderValue},
};
use steeple_core::pipeline::ExportError;
use tonic::{
    Code, Request, Response, Status,
    body::Body,
    codec::CompressionEncoding,
    server::{Grpc, NamedService},
    transport::{Server, server::TcpIncoming},
};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};

use crate::stub::run;

const PATH: &str = "/test.Echo/Export";

type Answer = Result<Bytes, Status>;
type Seen = (HeaderMap, Bytes);

/// Answers as it is told to, by gzip to those who can read it.
#[derive(Clone)]
struct Echo {
    answer: fn(Bytes) -> Answer,
    seen: mpsc::Sender<Seen>,
}

impl NamedService for Echo {
    const NAME: &'static str = "test.Echo";
}

impl Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let Self { answer, seen } = self.clone();
        let headers = request.headers().clone();
        Box::pin(async move {
            let handler = service_fn(
                |request: Request<Bytes>| -> Ready<Result<Response<Bytes>, Status>> {
                    let message = request.into_inner();
                    let _ = seen.send((headers.clone(), message.clone()));
                    std::future::ready(answer(message).map(Response::new))
                },
            );
            let mut grpc = Grpc::new(ProstCodec::<Bytes, Bytes>::default())
                .accept_compressed(CompressionEncoding::Gzip)
                .send_compressed(CompressionEncoding::Gzip);
            Ok(grpc.unary(handler, request).await)
        })
    }
}

struct Backend {
    endpoint: Endpoint,
    seen: mpsc::Receiver<Seen>,
}

impl Backend {
    fn answering(answer: fn(Bytes) -> Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (sender, seen) = mpsc::channel();
        let echo = Echo {
            answer,
            seen: sender,
        };
        thread::spawn(move || {
            run(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let server = Server::builder().add_service(echo);
                server
                    .serve_with_incoming(TcpIncoming::from(listener))
                    .await
            })
        });
        Self {
            endpoint: endpoint.parse().unwrap(),
            seen,
        }
    }

    fn builder(&self) -> ClientBuilder {
        Client::builder(self.endpoint.clone())
    }

    fn client(&self) -> GrpcClient {
        self.builder().build_grpc().unwrap()
    }
}

/// What `client` is answered to `message`, which is encoded and decoded.
fn call(client: &GrpcClient, message: &'static str) -> Result<Bytes, ExportError> {
    let message = Bytes::from(message).encode_to_vec();
    run(client.unary(PATH, message)).map(|answer| Bytes::decode(answer).unwrap())
}

fn refused(answer: fn(Bytes) -> Answer) -> ExportError {
    call(&Backend::answering(answer).client(), "spans").unwrap_err()
}

#[test]
fn a_message_is_answered_with_a_message() {
    let backend = Backend::answering(|message| Ok([&message[..], b" taken"].concat().into()));
    let bearer = Authorization::bearer("t0ken").unwrap();
    let endpoint = backend.endpoint.clone().or_authorization(bearer);
    let client = Client::builder(endpoint)
        .header(
            HeaderName::from_static("api-key"),
            HeaderValue::from_static("k"),
        )
        .build_grpc()
        .unwrap();
    assert_eq!(call(&client, "spans").unwrap(), "spans taken");
    let (headers, message) = backend.seen.recv().unwrap();
    assert_eq!(message, "spans");
    for (name, value) in [
        ("api-key", "k"),
        ("authorization", "Bearer t0ken"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ] {
        assert_eq!(headers[name], value);
    }
    assert!(!headers.contains_key("grpc-encoding"));
}

#[test]
fn an_empty_message_is_one() {
    let backend = Backend::answering(Ok);
    assert_eq!(run(backend.client().unary(PATH, "")).unwrap(), "");
    assert_eq!(backend.seen.recv().unwrap().1, "");
}

#[test]
fn messages_are_compressed_both_ways_if_the_client_is_told_to() {
    let backend = Backend::answering(|message| Ok(message.repeat(1_000).into()));
    let client = backend.builder().compression(Compression::Gzip);
    let answer = call(&client.build_grpc().unwrap(), "spans").unwrap();
    assert_eq!(answer, "spans".repeat(1_000));
    let (headers, message) = backend.seen.recv().unwrap();
    assert_eq!(
        (headers["grpc-encoding"].to_str().unwrap(), &message[..]),
        ("gzip", &b"spans"[..])
    );
}

#[test]
fn a_status_says_whether_it_is_tried_again_and_why() {
    let error = refused(|_| Err(Status::unavailable("sp\u{e4}ter, 100%\n")));
    let ExportError::Retryable {
        retry_after: None,
        source,
    } = error
    else {
        panic!("{error:?}");
    };
    let said = source.to_string();
    assert!(
        said.contains("UNAVAILABLE: \"sp\u{e4}ter, 100%\""),
        "{said}"
    );

    let error = refused(|_| Err(Status::invalid_argument("no")));
    assert!(matches!(error, ExportError::Permanent { .. }), "{error:?}");
    let error = refused(|_| Err(Status::resource_exhausted("quota")));
    assert!(matches!(error, ExportError::Permanent { .. }), "{error:?}");
}

#[test]
fn a_status_may_ask_for_a_pause() {
    let error = refused(|_| {
        // A google.rpc.Status of a google.rpc.RetryInfo of 7 s.
        let info = b"\x0a\x28type.googleapis.com/google.rpc.RetryInfo\x12\x04\x0a\x02\x08\x07";
        let details = [&[0x08, 8, 0x1a, info.len() as u8], &info[..]].concat();
        Err(Status::with_details(
            Code::ResourceExhausted,
            "quota",
            details.into(),
        ))
    });
    let ExportError::Retryable { retry_after, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!(retry_after, Some(Duration::from_secs(7)));
}

#[test]
fn a_method_that_is_not_there_is_final() {
    let backend = Backend::answering(Ok);
    let error = run(backend.client().unary("/test.Other/Export", "")).unwrap_err();
    let ExportError::Permanent { source } = error else {
        panic!("{error:?}");
    };
    assert!(source.to_string().contains("UNIMPLEMENTED"), "{source}");
    let error = run(backend.client().unary("no path", "")).unwrap_err();
    assert!(matches!(error, ExportError::Permanent { .. }), "{error:?}");
}

#[test]
fn an_answer_is_read_up_to_its_limit() {
    const PREFIX_AND_FIELD: usize = 5 + 4;
    let longest = |_| Ok(vec![b'x'; LARGEST_ANSWER - PREFIX_AND_FIELD].into());
    let answer = call(&Backend::answering(longest).client(), "").unwrap();
    assert_eq!(answer.len(), LARGEST_ANSWER - PREFIX_AND_FIELD);
    let error = refused(|_| Ok(vec![b'x'; LARGEST_ANSWER].into()));
    let ExportError::Permanent { source } = error else {
        panic!("{error:?}");
    };
    assert!(source.to_string().contains("65536 bytes"), "{source}");
}

#[test]
fn fields_of_grpc_are_refused_by_name() {
    let backend = Backend::answering(Ok);
    let name = HeaderName::from_static("grpc-timeout");
    let builder = backend
        .builder()
        .header(name.clone(), HeaderValue::from_static("1S"));
    assert_eq!(
        builder.build_grpc().unwrap_err(),
        ClientError::Header { name }
    );
}
