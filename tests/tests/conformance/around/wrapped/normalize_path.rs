//! Paths that are mended before they are routed.

use actix_web::middleware::NormalizePath;
use steeple::Outcome;

use crate::{
    around::wrapped::framework::{leaves_alone, stage},
    expected::{left, panicked, seen},
    stage::Stage,
};

fn has_its_route(stage: &Stage) {
    assert_eq!(stage.get("//api///users//7/").status, 200);
    stage.settles(seen("/api/users/{id}", 200, 5, Outcome::Success));
}

pub(in crate::around) fn normalize_path_inside_has_the_route() {
    has_its_route(&stage!(inside NormalizePath::trim()));
}

pub(in crate::around) fn normalize_path_outside_has_the_route() {
    has_its_route(&stage!(outside NormalizePath::trim()));
}

/// Of a request that leaves nothing to ask there is but the path, as it came to our middleware.
fn is_looked_for_under(stage: &Stage, panic: &str, never: &str) {
    assert_eq!(stage.get("//panic/").status, 500);
    let lost = stage.records.next();
    assert_eq!(lost.seen, panicked(panic, "lost"));
    let mut client = stage.client();
    client.send("GET", "//never/", &[], "");
    stage.wait_until_active(1);
    client.leave();
    let gone = stage.records.next();
    assert_eq!(gone.seen, left(never));
    stage.nothing_else_but(&[&lost, &gone]);
}

pub(in crate::around) fn normalize_path_inside_loses_the_route_of_what_has_no_answer() {
    let stage = stage!(inside NormalizePath::trim());
    is_looked_for_under(&stage, "_UNMATCHED", "_UNMATCHED");
}

pub(in crate::around) fn normalize_path_outside_has_the_route_of_what_has_no_answer() {
    let stage = stage!(outside NormalizePath::trim());
    is_looked_for_under(&stage, "/panic", "/never");
}

pub(in crate::around) fn normalize_path_inside_leaves_other_requests_alone() {
    leaves_alone(&stage!(inside NormalizePath::trim()));
}

pub(in crate::around) fn normalize_path_outside_leaves_other_requests_alone() {
    leaves_alone(&stage!(outside NormalizePath::trim()));
}
