//! tower-http's files, which are a service rather than a middleware.

use std::fs;

use axum::Router;
use steeple::Outcome;
use tempfile::TempDir;
use tower::{Layer, service_fn};
use tower_http::services::ServeDir;

use crate::{
    around::framework::{Framework, serve_router, serve_service},
    axum_router,
    expected::seen,
    hyper_service::{boxed, route},
    records::Seen,
    stage::Stage,
};

const TEXT: &str = "hello, file\n";
/// More than sockets hold.
const LARGE: usize = 16 << 20;

/// A stage that serves files below `/files`, for as long as the directory is there.
fn stage(framework: Framework) -> (Stage, TempDir) {
    let directory = directory();
    let files = ServeDir::new(directory.path());
    let stage = Stage::serving(|listener, steeple| match framework {
        Framework::Axum => {
            let router = axum_router::router()
                .nest_service("/files", files)
                .layer(steeple.axum());
            serve_router(listener, || router)
        }
        Framework::Tower => {
            // What is no file is for the service behind.
            let files = files.fallback(service_fn(route));
            let service = boxed(steeple.tower().layer(files));
            serve_service(listener, steeple, || service)
        }
    });
    (stage, directory)
}

fn directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let files = directory.path().join("files");
    fs::create_dir(&files).unwrap();
    for root in [directory.path(), &files] {
        fs::write(root.join("text.txt"), TEXT).unwrap();
        fs::write(root.join("large.bin"), vec![b'x'; LARGE]).unwrap();
    }
    directory
}

/// What is recorded of a file: neither a nested service nor a bare one has a template.
fn file(status: u16, size: u64, outcome: Outcome) -> Seen {
    seen("_UNMATCHED", status, size, outcome)
}

pub(super) fn a_file_is_a_success(framework: Framework) {
    let (stage, _directory) = stage(framework);
    assert_eq!(stage.get("/files/text.txt").body, TEXT);
    stage.settles(file(200, TEXT.len() as u64, Outcome::Success));
}

pub(super) fn a_large_file_is_counted_to_its_end(framework: Framework) {
    let (stage, _directory) = stage(framework);
    assert_eq!(stage.get("/files/large.bin").body.len(), LARGE);
    stage.settles(file(200, LARGE as u64, Outcome::Success));
}

pub(super) fn a_file_that_is_not_there_is_a_404(framework: Framework) {
    let (stage, _directory) = stage(framework);
    assert_eq!(stage.get("/files/missing.txt").status, 404);
    stage.settles(file(404, 0, Outcome::ClientError));
}

pub(super) fn the_head_of_a_file_has_no_body(framework: Framework) {
    let (stage, _directory) = stage(framework);
    let answer = stage.send("HEAD", "/files/text.txt", &[], "");
    assert_eq!(answer.header("content-length"), Some("12"));
    assert_eq!(answer.body, "");
    stage.settles(Seen {
        method: "HEAD".to_owned(),
        ..file(200, 0, Outcome::Success)
    });
}

pub(super) fn a_part_of_a_file_is_a_206(framework: Framework) {
    let (stage, _directory) = stage(framework);
    let answer = stage.send("GET", "/files/text.txt", &[("range", "bytes=7-10")], "");
    assert_eq!((answer.status, answer.body.as_str()), (206, "file"));
    stage.settles(file(206, 4, Outcome::Success));
}

pub(super) fn a_file_that_did_not_change_is_a_304(framework: Framework) {
    let (stage, _directory) = stage(framework);
    let changed = stage.get("/files/text.txt");
    let changed = changed.header("last-modified").unwrap();
    let first = stage.records.next();
    let answer = stage.send(
        "GET",
        "/files/text.txt",
        &[("if-modified-since", changed)],
        "",
    );
    assert_eq!(answer.status, 304);
    let second = stage.records.next();
    assert_eq!(second.seen, file(304, 0, Outcome::Success));
    stage.nothing_else_but(&[&first, &second]);
}

pub(super) fn a_client_gone_in_a_file_is_a_cancellation(framework: Framework) {
    let (stage, _directory) = stage(framework);
    let mut client = stage.client();
    client.send("GET", "/files/large.bin", &[], "");
    client.read_until("xxxx");
    client.leave();
    let record = stage.records.next();
    let size = record.seen.response_size;
    assert!((1..LARGE as u64).contains(&size), "{record:?}");
    assert_eq!(record.seen, file(200, size, Outcome::CancelledInBody));
    stage.nothing_else_but(&[&record]);
}

/// A router's layer covers what was there before it; so does a bare service's what is inside of it.
pub(super) fn files_outside_are_unseen(framework: Framework) {
    let directory = directory();
    let files = ServeDir::new(directory.path());
    let stage = Stage::serving(|listener, steeple| match framework {
        Framework::Axum => {
            let router: Router = axum_router::router()
                .layer(steeple.axum())
                .nest_service("/files", files);
            serve_router(listener, || router)
        }
        Framework::Tower => {
            let observed = steeple.tower().layer(service_fn(route));
            let service = boxed(files.fallback(observed));
            serve_service(listener, steeple, || service)
        }
    });
    assert_eq!(stage.get("/files/text.txt").body, TEXT);
    stage.nothing_else_but(&[]);
}
