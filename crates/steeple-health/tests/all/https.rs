//! Checks over https, of a server with the certificates that the client's own tests have.

use std::{
    env,
    io::{BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpListener},
    process::Command,
    sync::Arc,
    thread,
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use steeple_health::checks;

use crate::checks::told_of;

const EXPECTED: &str = "STEEPLE_TESTS_EXPECTED";
const DIRECTORY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../steeple-client/tests/certificates/"
);

fn file(name: &str) -> String {
    format!("{DIRECTORY}{name}")
}

/// A server that answers requests with success, until the process ends.
fn serve() -> SocketAddr {
    let certificate = CertificateDer::from_pem_file(file("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(file("server-key.pem")).unwrap();
    let provider = Arc::new(rustls_graviola::default_provider());
    let configuration = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let configuration = Arc::new(configuration);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let connection = ServerConnection::new(configuration.clone()).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            // A client that does not trust the server sends no request.
            let request = BufReader::new(&mut stream).lines();
            if request.map_while(Result::ok).any(|line| line.is_empty()) {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                stream.write_all(answer).unwrap();
            }
        }
    });
    address
}

#[test]
fn a_url_of_https_is_up_where_the_system_trusts_the_server() {
    let Some(expected) = env::var_os(EXPECTED) else {
        // Whom the system trusts is read from the environment.
        for (authority, expected) in [("authority.pem", "up"), ("another-authority.pem", "down")] {
            let output = Command::new(env::current_exe().unwrap())
                .arg("https::a_url_of_https_is_up_where_the_system_trusts_the_server")
                .arg("--exact")
                .env(EXPECTED, expected)
                .env("SSL_CERT_FILE", file(authority))
                .env_remove("SSL_CERT_DIR")
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(
                output.status.success() && said.contains("1 passed"),
                "{said}"
            );
        }
        return;
    };
    let url = format!("https://{}/readyz", serve());
    let (is_up, message) = told_of(checks::http(&url).unwrap());
    assert_eq!(is_up, expected == "up", "{message}");
    assert!(is_up || message.contains("certificate"), "{message}");
}
