//! Certificates that servers show.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures_executor::block_on;
use rustls::{
    RootCertStore, ServerConfig, ServerConnection, StreamOwned,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
    version::{TLS12, TLS13},
};
use steeple_health::{Check, Failure, Health, checks};

use crate::{PATIENCE, checks::told_of};

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certificates/");
/// When `lasting.pem` ends: 2126-10-30T03:50:57Z.
const END: Duration = Duration::from_secs(4_949_005_857);
const HOUR: Duration = Duration::from_secs(3_600);

/// What a server is like, besides the certificate in a file.
#[derive(Clone, Copy, Default)]
struct Manner {
    is_old: bool,
    asks_who_calls: bool,
}

/// A server that shows a certificate, until the process ends.
fn serve(certificate: &str, manner: Manner) -> SocketAddr {
    let configuration = Arc::new(configuration(certificate, manner));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let connection = ServerConnection::new(configuration.clone()).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            // Whoever calls sends nothing, or does not say who it is.
            assert_eq!(stream.read_to_end(&mut Vec::new()).unwrap_or_default(), 0);
        }
    });
    address
}

fn configuration(certificate: &str, manner: Manner) -> ServerConfig {
    let provider: Arc<CryptoProvider> = rustls_graviola::default_provider().into();
    let shown = CertificateDer::from_pem_file(format!("{DIRECTORY}{certificate}")).unwrap();
    let versions = if manner.is_old { [&TLS12] } else { [&TLS13] };
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&versions)
        .unwrap();
    let builder = if manner.asks_who_calls {
        let mut roots = RootCertStore::empty();
        roots.add(shown.clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
        builder.with_client_cert_verifier(verifier.build().unwrap())
    } else {
        builder.with_no_client_auth()
    };
    let key = PrivateKeyDer::from_pem_file(format!("{DIRECTORY}key.pem")).unwrap();
    builder.with_single_cert(vec![shown], key).unwrap()
}

fn check(address: impl ToString, least: Duration) -> Check {
    checks::served_certificate(address.to_string(), least).unwrap()
}

#[test]
fn a_certificate_is_up_until_it_ends_too_soon() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let left = END.saturating_sub(now);
    let manners = [(false, false), (true, false), (false, true), (true, true)];
    for (is_old, asks_who_calls) in manners {
        let manner = Manner {
            is_old,
            asks_who_calls,
        };
        let address = serve("lasting.pem", manner);
        let (is_up, message) = told_of(check(address, left.saturating_sub(HOUR)));
        assert!(is_up, "{message}");
        let (is_up, message) = told_of(check(address, left + HOUR));
        let soon = "the certificate is valid until 2126-10-30T03:50:57.000Z";
        assert_eq!((is_up, &*message), (false, soon));
    }
}

#[test]
fn a_certificate_that_has_ended_is_down_and_told_of_by_its_end() {
    let address = serve("expired.pem", Manner::default());
    let by_name = format!("localhost:{}", address.port());
    for address in [address.to_string(), by_name] {
        let (is_up, message) = told_of(check(address, Duration::ZERO));
        let ended = "the certificate is valid until 2026-01-01T00:00:00.000Z";
        assert_eq!((is_up, &*message), (false, ended));
    }
}

#[test]
fn what_is_not_tls_is_down() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            stream
                .write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
                .unwrap();
            let _ = stream.read_to_end(&mut Vec::new());
        }
    });
    let (is_up, message) = told_of(check(address, Duration::ZERO));
    assert!(!is_up && message.contains("corrupt message"), "{message}");
}

#[test]
fn a_server_that_says_nothing_is_down_when_the_time_is_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let timeout = Duration::from_millis(50);
    let check = check(address, Duration::ZERO).timeout(timeout);
    let health = Health::builder().check("it", check).start().unwrap();
    assert!(!block_on(health.is_ready()));
    let failure = health.snapshot().checks.remove(0).last_failure.unwrap().1;
    assert_eq!(failure, Failure::TimedOut(timeout));
    drop(listener);
    let (is_up, message) = told_of(self::check(address, Duration::ZERO).timeout(PATIENCE));
    assert!(!is_up && message.contains("refused"), "{message}");
}

#[test]
fn what_is_no_address_is_refused() {
    for address in [
        "shop.example",
        "https://shop.example:443",
        ":443",
        "shop:https",
        "a b:1",
    ] {
        let refused = checks::served_certificate(address, HOUR).unwrap_err();
        assert!(
            refused.to_string().contains(&format!("`{address}`")),
            "{refused}"
        );
    }
    for address in ["shop.example:443", "127.0.0.1:8443", "[::1]:443"] {
        assert!(
            checks::served_certificate(address, HOUR).is_ok(),
            "{address}"
        );
    }
}
