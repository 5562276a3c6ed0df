//! https, as far as it is more than the client's, which has tests of its own.

use std::{env, process::Command};

use steeple_push::{ClientError, PushError, PushGateway, TlsError};

const TRUSTING_NOBODY: &str = "STEEPLE_TESTS_TRUSTING_NOBODY";

#[test]
fn a_system_that_trusts_nobody_is_told_when_it_starts() {
    if env::var_os(TRUSTING_NOBODY).is_some() {
        let checked = |url| PushGateway::builder(url).job("nightly").check();
        let error = checked("https://127.0.0.1:1").unwrap_err();
        assert_eq!(error, PushError::Client(ClientError::Tls(TlsError::Roots)));
        assert!(error.to_string().contains("SSL_CERT_FILE"), "{error}");
        // What needs no TLS does not look for it.
        assert_eq!(checked("http://127.0.0.1:1"), Ok(()));
        return;
    }
    let output = Command::new(env::current_exe().unwrap())
        .args([
            "tls::a_system_that_trusts_nobody_is_told_when_it_starts",
            "--exact",
        ])
        .env(TRUSTING_NOBODY, "1")
        .env("SSL_CERT_FILE", "/dev/null")
        .env_remove("SSL_CERT_DIR")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}
