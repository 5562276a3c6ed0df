//! What probes and the ops listener are answered.

use futures_executor::block_on;
use steeple_core::ops::{OpsRequest, OpsResponse, OpsService};
use steeple_health::{Check, Health, Probes};

use crate::{PATIENCE, body, down, get, well};

fn header<'a>(response: &'a OpsResponse, name: &str) -> Option<&'a str> {
    let mut headers = response.headers();
    headers.find_map(|(known, value)| (known == name).then_some(value))
}

#[test]
fn probes_say_no_more_than_they_have_to() {
    let ok = (200, "ok\n".to_owned());
    let unavailable = (503, "unavailable\n".to_owned());
    let well = Health::builder().check("database", well()).start().unwrap();
    let probes = well.probes();
    for path in ["/livez", "/startupz", "/readyz"] {
        assert_eq!(get(&probes, path), ok, "{path}");
    }
    well.begin_drain();
    assert_eq!(get(&probes, "/readyz"), unavailable);
    assert_eq!(get(&probes, "/livez"), ok);

    let unstarted = Health::builder().startup("cache", down).start().unwrap();
    let probes = unstarted.probes();
    assert_eq!(get(&probes, "/livez"), ok);
    assert_eq!(get(&probes, "/startupz"), unavailable);
    assert_eq!(get(&probes, "/readyz"), unavailable);
    assert_eq!(get(&probes, "/nowhere").0, 404);

    let unchecked = Probes::default();
    for path in ["/livez", "/startupz", "/readyz"] {
        assert_eq!(get(&unchecked, path), ok, "{path}");
    }
    assert_eq!(get(&unchecked, "/").0, 404);
}

#[test]
fn no_answer_is_a_redirect_or_may_be_kept() {
    for check in [well(), Check::new(down)] {
        let health = Health::builder().check("database", check).start().unwrap();
        for method in ["GET", "HEAD", "POST", "OPTIONS"] {
            for path in ["/livez", "/startupz", "/readyz", "/readyz/", "/"] {
                let response = block_on(health.probes().call(OpsRequest::new(method, path)));
                assert!(!(300..400).contains(&response.status()));
                assert_eq!(header(&response, "cache-control"), Some("no-store"));
                let changes = matches!(method, "POST" | "OPTIONS");
                assert_eq!(response.status() == 405, changes, "{method} {path}");
            }
        }
        let details = block_on(health.details().call(OpsRequest::new("GET", "/health")));
        assert_eq!(header(&details, "cache-control"), Some("no-store"));
    }
}

#[test]
fn details_of_a_service_that_is_well_say_healthy() {
    let health = Health::builder().check("database", well()).start().unwrap();
    assert_eq!(get(&health.probes(), "/readyz").0, 200);
    let (status, text) = get(&health.details(), "/health");
    assert_eq!(status, 200);
    let shape = r#"{"status":"healthy","live":true,"started":true,"ready":true,"draining":false,"checks":{"database":{"status":"up","#;
    assert!(text.starts_with(shape), "{text}");
}

#[test]
fn details_tell_what_checks_say_only_to_those_with_the_token() {
    let health = Health::builder()
        .check("database", well())
        .check("redis", Check::new(down).timeout(PATIENCE))
        .start()
        .unwrap();
    let ask = |request| {
        let response = block_on(health.details().call(request));
        assert_eq!(response.status(), 503);
        assert_eq!(header(&response, "content-type"), Some("application/json"));
        body(response)
    };
    let closed = ask(OpsRequest::new("GET", "/health"));
    assert!(closed.starts_with(r#"{"status":"unhealthy","#), "{closed}");
    assert!(
        closed.contains(r#""checks":{"database":{"status":"up""#),
        "{closed}"
    );
    assert!(closed.contains(r#""error":"failed"}"#), "{closed}");
    assert!(!closed.contains("it is down"), "{closed}");

    let open = ask(OpsRequest::new("GET", "/health").authorized());
    assert!(
        open.contains(r#""error":"failed","message":"it is down"}"#),
        "{open}"
    );
}

#[test]
fn degraded_is_a_200_and_a_warning() {
    let health = Health::builder()
        .check("ads", Check::new(down).degrading())
        .start()
        .unwrap();
    let request =
        OpsRequest::new("GET", "/health").with_header("accept", "application/health+json");
    let response = block_on(health.details().call(request));
    assert_eq!(response.status(), 200);
    assert_eq!(
        header(&response, "content-type"),
        Some("application/health+json")
    );
    let text = body(response);
    assert!(
        text.starts_with(r#"{"status":"warn","checks":{"ads:responseTime":[{"status":"warn""#),
        "{text}"
    );
}
