//! Bodies that middleware packs and unpacks.

use steeple::Outcome;
use tower::ServiceBuilder;
use tower_http::{
    compression::CompressionLayer,
    decompression::{DecompressionLayer, RequestDecompressionLayer},
};

use crate::{
    around::framework::{Framework, stage},
    client::Answer,
    expected::{failed, seen},
    fixture::LARGE,
    records::Seen,
    stage::Stage,
};

pub(super) const GZIP: &[(&str, &str)] = &[("accept-encoding", "gzip")];

/// 1,000 bytes `x`, as `gzip` packs them.
const PACKED: [u8; 29] = [
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xab, 0xa8, 0x18, 0x05, 0xa3, 0x60,
    0x14, 0x0c, 0x77, 0x00, 0x00, 0xe6, 0xc9, 0x41, 0x3b, 0xe8, 0x03, 0x00, 0x00,
];

/// The size of what was sent packed.
pub(super) fn packed(answer: &Answer) -> u64 {
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    let content = answer.content();
    assert!(content.starts_with(&[0x1f, 0x8b]), "{content:?}");
    assert!(content.len() < LARGE, "{content:?}");
    content.len() as u64
}

pub(super) fn compression_inside_counts_what_is_sent(framework: Framework) {
    let stage = stage!(framework, inside CompressionLayer::new());
    let answer = stage.send("GET", "/large", GZIP, "");
    stage.settles(seen("/large", 200, packed(&answer), Outcome::Success));
}

pub(super) fn compression_outside_counts_what_the_handler_wrote(framework: Framework) {
    let stage = stage!(framework, outside CompressionLayer::new());
    packed(&stage.send("GET", "/large", GZIP, ""));
    stage.settles(seen("/large", 200, LARGE as u64, Outcome::Success));
}

pub(super) fn panics_in_the_body(stage: &Stage, size: impl Fn(u64) -> bool) {
    let mut client = stage.http1_client();
    client.send("GET", "/panic-in-body", GZIP, "");
    assert!(
        !client.rest().ends_with(b"0\r\n\r\n"),
        "the client can tell"
    );
    let record = stage.records.next();
    assert!(size(record.seen.response_size), "{record:?}");
    let expected = Seen {
        panic: Some("lost in the body".to_owned()),
        ..failed(
            seen(
                "/panic-in-body",
                200,
                record.seen.response_size,
                Outcome::Panicked,
            ),
            "panic",
        )
    };
    assert_eq!(record.seen, expected);
    stage.nothing_else_but(&[&record]);
}

pub(super) fn compression_inside_leaves_a_panic_in_the_body_one(framework: Framework) {
    let stage = stage!(framework, inside CompressionLayer::new());
    // How much was packed by then is the encoder's affair.
    panics_in_the_body(&stage, |_| true);
}

pub(super) fn compression_outside_leaves_a_panic_in_the_body_one(framework: Framework) {
    let stage = stage!(framework, outside CompressionLayer::new());
    panics_in_the_body(&stage, |size| size == 5);
}

/// Posts what is packed and lets the handler tell what it read.
fn post_packed(stage: &Stage, encoding: &str) -> Answer {
    let length = PACKED.len().to_string();
    let headers = [
        ("content-length", length.as_str()),
        ("content-encoding", encoding),
    ];
    stage.send("POST", "/length", &headers, PACKED)
}

fn posted(request_size: Option<u64>) -> Seen {
    Seen {
        method: "POST".to_owned(),
        request_size,
        ..seen("/length", 200, 8, Outcome::Success)
    }
}

pub(super) fn request_decompression_inside_counts_what_came(framework: Framework) {
    let stage = stage!(framework, inside RequestDecompressionLayer::new());
    assert_eq!(post_packed(&stage, "gzip").body, "Ok(1000)");
    stage.settles(posted(Some(PACKED.len() as u64)));
}

pub(super) fn request_decompression_outside_counts_what_the_handler_read(framework: Framework) {
    let stage = stage!(framework, outside RequestDecompressionLayer::new());
    assert_eq!(post_packed(&stage, "gzip").body, "Ok(1000)");
    // A bare service's bodies are left as they are.
    stage.settles(posted(framework.cell(Some(1000), None)));
}

pub(super) fn request_decompression_inside_refuses_an_encoding(framework: Framework) {
    let stage = stage!(framework, inside RequestDecompressionLayer::new());
    let answer = post_packed(&stage, "odd");
    assert_eq!(answer.status, 415);
    stage.settles(Seen {
        method: "POST".to_owned(),
        request_size: Some(PACKED.len() as u64),
        ..seen(
            framework.cell("/length", "_UNMATCHED"),
            415,
            0,
            Outcome::ClientError,
        )
    });
}

pub(super) fn request_decompression_outside_refuses_unseen(framework: Framework) {
    let stage = stage!(framework, outside RequestDecompressionLayer::new());
    assert_eq!(post_packed(&stage, "odd").status, 415);
    stage.nothing_else_but(&[]);
}

// Something that packs stands below: a proxy's upstream, say.

pub(super) fn decompression_inside_counts_what_is_sent(framework: Framework) {
    let stage = stage!(framework, inside ServiceBuilder::new()
        .layer(DecompressionLayer::new())
        .layer(CompressionLayer::new()));
    assert_eq!(stage.get("/large").content().len(), LARGE);
    stage.settles(seen("/large", 200, LARGE as u64, Outcome::Success));
}

pub(super) fn decompression_outside_counts_what_it_was_given(framework: Framework) {
    let stage = stage!(
        framework,
        |router, observe| router
            .layer(CompressionLayer::new())
            .layer(observe)
            .layer(DecompressionLayer::new()),
        |service, observe| ServiceBuilder::new()
            .layer(DecompressionLayer::new())
            .layer(observe)
            .layer(CompressionLayer::new())
            .service(service)
    );
    assert_eq!(stage.get("/large").content().len(), LARGE);
    let record = stage.records.next();
    let size = record.seen.response_size;
    assert!(size < LARGE as u64, "{record:?}");
    assert_eq!(record.seen, seen("/large", 200, size, Outcome::Success));
    stage.nothing_else_but(&[&record]);
}
