//! https, to a server whose certificate `authority.pem` signed, as it did that of `client.pem`.

use std::{
    env,
    error::Error as _,
    io::{self, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    process::Command,
    sync::{Arc, mpsc},
    thread,
};

use rustls::{
    RootCertStore, ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
};
use steeple_client::{Client, ClientBuilder, ClientError, Endpoint, Tls, TlsError, http::Method};
use steeple_core::pipeline::ExportError;

use crate::stub::{Request, read, run};

const TRUSTING: &str = "STEEPLE_TESTS_TRUSTING";
const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certificates/");

fn file(name: &str) -> String {
    format!("{DIRECTORY}{name}")
}

fn certificate(name: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(file(name)).unwrap()
}

/// A server on a port of its own, until the process ends.
struct Server {
    endpoint: Endpoint,
    requests: mpsc::Receiver<Request>,
}

/// Speaks on a connection, and gives the request that came.
type Talk = fn(&mut StreamOwned<ServerConnection, TcpStream>) -> io::Result<Request>;

impl Server {
    fn of_http_1() -> Self {
        Self::new(false, &[], talk_http_1)
    }

    fn new(asks_who_calls: bool, protocols: &[&[u8]], talk: Talk) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let configuration = Arc::new(configuration(asks_who_calls, protocols));
        let (sender, requests) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let connection = ServerConnection::new(configuration.clone()).unwrap();
                // A client that does not trust the server, or is not trusted, says no more than that.
                if let Ok(request) = talk(&mut StreamOwned::new(connection, stream))
                    && sender.send(request).is_err()
                {
                    return;
                }
            }
        });
        Self {
            endpoint: url.parse().unwrap(),
            requests,
        }
    }

    fn builder(&self) -> ClientBuilder {
        Client::builder(self.endpoint.clone())
    }

    fn was_asked(&self) -> bool {
        self.requests.try_recv().is_ok()
    }
}

fn configuration(asks_who_calls: bool, protocols: &[&[u8]]) -> ServerConfig {
    let provider = Arc::new(rustls_graviola::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = if asks_who_calls {
        let mut roots = RootCertStore::empty();
        roots.add(certificate("authority.pem")).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
        builder.with_client_cert_verifier(verifier.build().unwrap())
    } else {
        builder.with_no_client_auth()
    };
    let key = PrivateKeyDer::from_pem_file(file("server-key.pem")).unwrap();
    let mut configuration = builder
        .with_single_cert(vec![certificate("server.pem")], key)
        .unwrap();
    configuration.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    configuration
}

fn talk_http_1(stream: &mut StreamOwned<ServerConnection, TcpStream>) -> io::Result<Request> {
    let request = read(&mut BufReader::new(&mut *stream))?;
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")?;
    Ok(request)
}

/// A call that succeeds: settings, and headers with the status 200 of HTTP and 0 of gRPC.
#[cfg(feature = "grpc")]
fn talk_grpc(stream: &mut StreamOwned<ServerConnection, TcpStream>) -> io::Result<Request> {
    use std::io::Read as _;

    let mut preface = [0; 24];
    stream.read_exact(&mut preface)?;
    let chosen = stream.conn.alpn_protocol().map(<[u8]>::to_vec);
    stream.write_all(b"\0\0\0\x04\0\0\0\0\0")?;
    // What it asks begins with its headers.
    let mut frame = [0; 9];
    while frame[3] != 1 {
        stream.read_exact(&mut frame)?;
        let length = u32::from_be_bytes([0, frame[0], frame[1], frame[2]]);
        io::copy(&mut (&mut *stream).take(length.into()), &mut io::sink())?;
    }
    stream.write_all(b"\0\0\x10\x01\x05\0\0\0\x01\x88\0\x0bgrpc-status\x010")?;
    // Until the client is done.
    let _ = stream.read_to_end(&mut Vec::new());
    Ok(Request {
        head: String::from_utf8_lossy(&preface).into_owned(),
        body: chosen.unwrap_or_default(),
    })
}

fn send(builder: ClientBuilder) -> Result<(), ExportError> {
    let client = builder.build().unwrap();
    run(client.send(Method::POST, None, "spans")).map(drop)
}

fn trusting(name: &str) -> Tls {
    Tls::default().authorities(file(name))
}

/// Runs `body` in a process of its own, whose system trusts what is in this file; `test` is the calling test's name.
fn in_a_system_trusting(name: &str, test: &str, body: impl FnOnce()) {
    if env::var_os(TRUSTING).is_some() {
        return body();
    }
    let output = Command::new(env::current_exe().unwrap())
        .args([&format!("tls::{test}"), "--exact"])
        .env(TRUSTING, "1")
        .env("SSL_CERT_FILE", file(name))
        .env_remove("SSL_CERT_DIR")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

#[track_caller]
fn is_not_trusted(result: Result<(), ExportError>) {
    let error = result.unwrap_err();
    assert!(matches!(error, ExportError::Retryable { .. }), "{error:?}");
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(source) = cause {
        causes.push(source.to_string());
        cause = source.source();
    }
    let causes = causes.join(": ");
    assert!(causes.contains("certificate"), "{causes}");
}

#[test]
fn a_server_that_the_system_trusts_gets_the_request() {
    let this = "a_server_that_the_system_trusts_gets_the_request";
    in_a_system_trusting("authority.pem", this, || {
        let server = Server::of_http_1();
        send(server.builder()).unwrap();
        let request = server.requests.recv().unwrap();
        assert!(request.head.starts_with("POST / HTTP/1.1\r\n"));
        assert_eq!(request.body, b"spans");
        // The certificate is of the address alone.
        let url = server
            .endpoint
            .to_string()
            .replace("127.0.0.1", "localhost");
        is_not_trusted(send(Client::builder(url.parse().unwrap())));
        // Who is named is trusted instead of the system's.
        is_not_trusted(send(
            server.builder().tls(trusting("another-authority.pem")),
        ));
        assert!(!server.was_asked());
    });
}

#[test]
fn a_server_that_the_system_does_not_trust_gets_nothing() {
    let this = "a_server_that_the_system_does_not_trust_gets_nothing";
    in_a_system_trusting("another-authority.pem", this, || {
        let server = Server::of_http_1();
        is_not_trusted(send(server.builder()));
        assert!(!server.was_asked());
        // Unless its authority is named.
        send(server.builder().tls(trusting("authority.pem"))).unwrap();
        assert_eq!(server.requests.recv().unwrap().body, b"spans");
    });
}

#[test]
fn a_system_that_trusts_nobody_is_told_when_a_client_is_built() {
    let this = "a_system_that_trusts_nobody_is_told_when_a_client_is_built";
    in_a_system_trusting("nothing.pem", this, || {
        let built = |url: &str| Client::new(url.parse().unwrap());
        let error = built("https://127.0.0.1:1").unwrap_err();
        assert_eq!(error, ClientError::Tls(TlsError::Roots));
        assert!(error.to_string().contains("SSL_CERT_FILE"), "{error}");
        // What needs no TLS does not look for it.
        assert!(built("http://127.0.0.1:1").is_ok());
    });
}

#[test]
fn a_server_that_asks_who_calls_is_told() {
    let server = Server::new(true, &[], talk_http_1);
    let anonymous = trusting("authority.pem");
    let named = anonymous
        .clone()
        .identity(file("client.pem"), file("client-key.pem"));
    send(server.builder().tls(named)).unwrap();
    assert_eq!(server.requests.recv().unwrap().body, b"spans");
    let error = send(server.builder().tls(anonymous)).unwrap_err();
    assert!(matches!(error, ExportError::Retryable { .. }), "{error:?}");
    assert!(!server.was_asked());
}

#[cfg(feature = "grpc")]
#[test]
fn grpc_is_spoken_where_http_2_is_agreed_on() {
    let server = Server::new(false, &[b"http/1.1", b"h2"], talk_grpc);
    let builder = server.builder().tls(trusting("authority.pem"));
    let client = builder.build_grpc().unwrap();
    assert_eq!(run(client.unary("/test.Echo/Export", "")).unwrap(), "");
    drop(client);
    let request = server.requests.recv().unwrap();
    assert!(
        request.head.starts_with("PRI * HTTP/2.0"),
        "{}",
        request.head
    );
    assert_eq!(request.body, b"h2");
}

#[test]
fn files_that_are_wrong_are_named_with_the_fix() {
    let refused = |tls: Tls| {
        let builder = Client::builder("https://127.0.0.1:1".parse().unwrap());
        let error = builder.tls(tls).build().unwrap_err();
        let ClientError::Tls(error) = error else {
            panic!("{error:?}");
        };
        error
    };
    let identity = |certificates: &str, key: &str| {
        let tls = trusting("authority.pem");
        refused(tls.identity(file(certificates), file(key)))
    };
    let path = |name: &str| file(name).into();
    for (error, expected, fix) in [
        (
            refused(trusting("missing.pem")),
            TlsError::File {
                path: path("missing.pem"),
                kind: io::ErrorKind::NotFound,
            },
            "entity not found",
        ),
        (
            refused(trusting("nothing.pem")),
            TlsError::Certificate {
                path: path("nothing.pem"),
            },
            "as PEM",
        ),
        (
            refused(trusting("server-key.pem")),
            TlsError::Certificate {
                path: path("server-key.pem"),
            },
            "as PEM",
        ),
        (
            identity("client-key.pem", "client-key.pem"),
            TlsError::Certificate {
                path: path("client-key.pem"),
            },
            "as PEM",
        ),
        (
            identity("client.pem", "client.pem"),
            TlsError::Key {
                path: path("client.pem"),
            },
            "not encrypted",
        ),
        (
            identity("client.pem", "server-key.pem"),
            TlsError::Identity {
                certificates: path("client.pem"),
                key: path("server-key.pem"),
            },
            "both of one pair",
        ),
    ] {
        assert_eq!(error, expected);
        assert!(error.to_string().contains(fix), "{error}");
        assert!(error.to_string().contains(DIRECTORY), "{error}");
    }
}
