use std::{net::TcpListener, sync::Arc, thread};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use steeple_logs::{Destination, NetworkError, Syslog, Tcp, Tls, TlsError};

use crate::support::{PATIENCE, accept, listen, marker, push, read_to};

const DIRECTORY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../steeple-client/tests/certificates/"
);

fn file(name: &str) -> String {
    format!("{DIRECTORY}{name}")
}

/// Reads until the text ends with `end`, on the first connection of a client that trusts this server.
fn serve(listener: TcpListener, end: &'static str) -> thread::JoinHandle<String> {
    let provider = Arc::new(rustls_graviola::default_provider());
    let certificate = CertificateDer::from_pem_file(file("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(file("server-key.pem")).unwrap();
    let configuration = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let configuration = Arc::new(configuration);
    thread::spawn(move || {
        let connection = ServerConnection::new(configuration).unwrap();
        read_to(&mut StreamOwned::new(connection, accept(&listener)), end)
    })
}

#[test]
fn lines_and_messages_are_encrypted_for_whom_is_trusted() {
    let tls = Tls::default().authorities(file("authority.pem"));
    let (listener, address) = listen();
    let served = serve(listener, "two\n");
    let outlet = Tcp::new(address).tls(tls.clone()).start(marker()).unwrap();
    push(&outlet, "one\n");
    push(&outlet, "two\n");
    assert_eq!(served.join().unwrap(), "one\ntwo\n");
    assert!(outlet.shutdown_blocking(PATIENCE).is_complete());

    let (listener, address) = listen();
    let served = serve(listener, "three");
    let outlet = Syslog::tls(address, tls).start(marker()).unwrap();
    push(&outlet, "three\n");
    assert!(served.join().unwrap().contains(">1 "));
}

#[test]
fn a_file_without_certificates_is_refused_from_the_start() {
    let tls = Tls::default().authorities(file("missing.pem"));
    let error = Tcp::new("127.0.0.1:1")
        .tls(tls)
        .start(marker())
        .unwrap_err();
    assert!(
        matches!(error, NetworkError::Tls(TlsError::File { .. })),
        "{error:?}"
    );
}
