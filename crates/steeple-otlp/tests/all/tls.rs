//! https to a server that asks who calls. How certificates are checked, the client's own tests show.

use std::{
    ffi::OsString,
    io::{BufReader, Read as _, Write as _},
    net::TcpListener,
    sync::{Arc, mpsc},
    thread,
};

use rustls::{
    RootCertStore, ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
};
use steeple_metrics::Registry;
use steeple_otlp::{LogRecord, Otlp, OtlpError, Severity, Signal};

use crate::sink::PATIENCE;

fn file(name: &str) -> String {
    let directory = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../steeple-client/tests/certificates"
    );
    format!("{directory}/{name}")
}

fn certificate(name: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(file(name)).unwrap()
}

fn configuration() -> ServerConfig {
    let provider = Arc::new(rustls_graviola::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(certificate("authority.pem")).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone());
    let key = PrivateKeyDer::from_pem_file(file("server-key.pem")).unwrap();
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(vec![certificate("server.pem")], key)
        .unwrap()
}

/// Takes one request, and gives the beginning of its head.
fn server() -> (String, mpsc::Receiver<[u8; 13]>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let (sender, heads) = mpsc::channel();
    thread::spawn(move || {
        let connection = ServerConnection::new(configuration().into()).unwrap();
        let stream = listener.accept().unwrap().0;
        let mut reader = BufReader::new(StreamOwned::new(connection, stream));
        let mut head = [0; 13];
        reader.read_exact(&mut head).unwrap();
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        reader.get_mut().write_all(answer).unwrap();
        sender.send(head).unwrap();
        // Until the client is done.
        let _ = reader.read_to_end(&mut Vec::new());
    });
    (url, heads)
}

#[test]
fn the_files_that_the_environment_names_are_used() {
    let (url, heads) = server();
    let otlp = Otlp::builder()
        .endpoint(url)
        .certificate(file("another-authority.pem"))
        .client_certificate(file("client.pem"))
        .client_key(file("client-key.pem"))
        .without(Signal::Traces)
        .without(Signal::Metrics)
        .environment(|key| {
            (key == "OTEL_EXPORTER_OTLP_CERTIFICATE").then(|| OsString::from(file("authority.pem")))
        })
        .unwrap()
        .start(Registry::new())
        .unwrap();
    let logs = otlp.logs().unwrap();
    logs.emit(&LogRecord::new(Severity::Info, "secret"));
    let report = otlp.shutdown_blocking(PATIENCE);
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(&heads.recv().unwrap(), b"POST /v1/logs");
}

#[test]
fn a_file_without_certificates_is_an_error_at_the_start() {
    let builder = Otlp::builder().endpoint("https://127.0.0.1:1");
    for name in ["nothing.pem", "no-such-file.pem"] {
        let builder = builder.clone().certificate(file(name));
        let error = builder.start(Registry::new()).unwrap_err();
        let OtlpError::Client { source, .. } = error else {
            panic!("{error:?}");
        };
        assert!(source.to_string().contains(name), "{source}");
    }
}
