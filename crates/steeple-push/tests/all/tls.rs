//! https, to a server whose certificate `authority.pem` signed.

use std::{
    env,
    io::{BufReader, Write as _},
    net::TcpListener,
    process::Command,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use steeple_metrics::Registry;
use steeple_push::{
    ClientError, PushError, PushGateway, PushGatewayBuilder, PushReport, RetryPolicy, TlsError,
};

use crate::stub::{self, Request};

const TRUSTING: &str = "STEEPLE_TESTS_TRUSTING";
const SERVER: &[u8] = include_bytes!("../certificates/server.pem");
const SERVER_KEY: &[u8] = include_bytes!("../certificates/server-key.pem");

/// Takes one request on each connection that comes to be, and gives the address.
fn server() -> (String, mpsc::Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let configuration =
        ServerConfig::builder_with_provider(rustls_graviola::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from_pem_slice(SERVER).unwrap()],
                PrivateKeyDer::from_pem_slice(SERVER_KEY).unwrap(),
            )
            .unwrap();
    let configuration = Arc::new(configuration);
    let (sender, requests) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let connection = ServerConnection::new(configuration.clone()).unwrap();
            let mut reader = BufReader::new(StreamOwned::new(connection, stream));
            // A client that does not trust the server says no more than that.
            let Ok(Some(request)) = stub::read(&mut reader) else {
                continue;
            };
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
            reader.get_mut().write_all(answer).unwrap();
            if sender.send(request).is_err() {
                return;
            }
        }
    });
    (url, requests)
}

fn gateway(url: &str) -> PushGatewayBuilder {
    let once = RetryPolicy::default().max_elapsed(Duration::ZERO);
    PushGateway::builder(url).job("nightly").retry(once)
}

fn push(url: &str) -> PushReport {
    let gateway = gateway(url).start(Registry::new()).unwrap();
    gateway.shutdown_blocking(Duration::from_secs(30))
}

/// Runs `body` in a process of its own, whose system trusts what is in this file; `test` is the calling test's name.
fn trusting(file: &str, test: &str, body: impl FnOnce()) {
    if env::var_os(TRUSTING).is_some() {
        return body();
    }
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certificates/");
    let output = Command::new(env::current_exe().unwrap())
        .args([&format!("tls::{test}"), "--exact"])
        .env(TRUSTING, "1")
        .env("SSL_CERT_FILE", format!("{directory}{file}"))
        .env_remove("SSL_CERT_DIR")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

#[test]
fn a_server_that_the_system_trusts_gets_the_push() {
    let this = "a_server_that_the_system_trusts_gets_the_push";
    trusting("authority.pem", this, || {
        let (url, requests) = server();
        assert_eq!(push(&url).pushed, 1);
        let request = requests.recv().unwrap();
        assert_eq!(request.line, "PUT /metrics/job/nightly HTTP/1.1");
        // The certificate is of the address alone.
        assert_eq!(push(&url.replace("127.0.0.1", "localhost")).lost, 1);
        assert!(requests.try_recv().is_err());
    });
}

#[test]
fn a_server_that_the_system_does_not_trust_gets_nothing() {
    let this = "a_server_that_the_system_does_not_trust_gets_nothing";
    trusting("another-authority.pem", this, || {
        let (url, requests) = server();
        assert_eq!((push(&url).pushed, push(&url).lost), (0, 1));
        assert!(requests.try_recv().is_err());
    });
}

#[test]
fn a_system_that_trusts_nobody_is_told_when_it_starts() {
    let this = "a_system_that_trusts_nobody_is_told_when_it_starts";
    trusting("nothing.pem", this, || {
        let error = gateway("https://127.0.0.1:1").check().unwrap_err();
        assert_eq!(error, PushError::Client(ClientError::Tls(TlsError::Roots)));
        assert!(error.to_string().contains("SSL_CERT_FILE"), "{error}");
        // What needs no TLS does not look for it.
        assert_eq!(gateway("http://127.0.0.1:1").check(), Ok(()));
    });
}
