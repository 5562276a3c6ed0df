use steeple_sentry::{DsnError, Sentry, SentryError};

#[test]
fn what_is_wrong_is_named_without_the_key() {
    let wrong_dsn = Sentry::builder().dsn("http://k3y@sentry.example");
    let dsn = || Sentry::builder().dsn("http://k3y@127.0.0.1:1/7");
    let wrong_rate = dsn().sample_rate(1.5);
    for (builder, expected) in [
        (Sentry::builder(), SentryError::Dsn(DsnError::Missing)),
        (wrong_dsn, SentryError::Dsn(DsnError::NoProject)),
        (
            wrong_rate,
            SentryError::SampleRate {
                of: "events",
                rate: "1.5".to_owned(),
            },
        ),
        (
            dsn().traces_sample_rate(-0.1),
            SentryError::SampleRate {
                of: "traces",
                rate: "-0.1".to_owned(),
            },
        ),
        (dsn().sessions(true), SentryError::NoRelease),
    ] {
        assert!(!format!("{builder:?}").contains("k3y"), "{builder:?}");
        let error = builder.start().unwrap_err();
        assert_eq!(error, expected);
        assert!(!format!("{error} {error:?}").contains("k3y"), "{error:?}");
    }
}

#[test]
fn a_client_is_shown_without_the_key() {
    let sentry = Sentry::builder().dsn("http://k3y@127.0.0.1:1/7").private();
    let sentry = sentry.start().unwrap();
    assert!(!format!("{sentry:?} {:?}", sentry.error_sink()).contains("k3y"));
}
