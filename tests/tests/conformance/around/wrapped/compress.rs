//! Bodies that are packed.

use actix_web::middleware::Compress;
use steeple::Outcome;

use crate::{
    around::{
        sizes::{GZIP, packed, panics_in_the_body},
        wrapped::framework::{leaves_alone, stage},
    },
    expected::seen,
    fixture::LARGE,
};

pub(in crate::around) fn compress_inside_counts_what_is_sent() {
    let stage = stage!(inside Compress::default());
    let answer = stage.send("GET", "/large", GZIP, "");
    stage.settles(seen("/large", 200, packed(&answer), Outcome::Success));
}

pub(in crate::around) fn compress_outside_counts_what_the_handler_wrote() {
    let stage = stage!(outside Compress::default());
    packed(&stage.send("GET", "/large", GZIP, ""));
    stage.settles(seen("/large", 200, LARGE as u64, Outcome::Success));
}

pub(in crate::around) fn compress_inside_leaves_a_panic_in_the_body_one() {
    // How much was packed by then is the encoder's affair.
    panics_in_the_body(&stage!(inside Compress::default()), |_| true);
}

pub(in crate::around) fn compress_outside_leaves_a_panic_in_the_body_one() {
    panics_in_the_body(&stage!(outside Compress::default()), |size| size == 5);
}

pub(in crate::around) fn compress_inside_leaves_what_is_not_packed_alone() {
    leaves_alone(&stage!(inside Compress::default()));
}

pub(in crate::around) fn compress_outside_leaves_what_is_not_packed_alone() {
    leaves_alone(&stage!(outside Compress::default()));
}
