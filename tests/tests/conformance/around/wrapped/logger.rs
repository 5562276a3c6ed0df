//! Requests that are logged.

use actix_web::middleware::Logger;

use crate::{
    around::{
        heads::is_the_same,
        lines::Lines,
        wrapped::framework::{leaves_alone, stage},
    },
    stage::Stage,
};

/// Nothing else is recorded, and what is logged is there.
fn logs(stage: &Stage) {
    let lines = Lines::collect();
    is_the_same(stage, &lines);
    for answered in [r#"HTTP/1.1" 200 15 "#, r#"HTTP/1.1" 503 0 "#] {
        lines.has(&["actix_web::middleware::logger", answered]);
    }
}

pub(in crate::around) fn logger_inside_changes_nothing() {
    logs(&stage!(inside Logger::default()));
    leaves_alone(&stage!(inside Logger::default()));
}

pub(in crate::around) fn logger_outside_changes_nothing() {
    logs(&stage!(outside Logger::default()));
    leaves_alone(&stage!(outside Logger::default()));
}
