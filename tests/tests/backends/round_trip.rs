//! What generated registries hold is what Python's readers of all three formats read.

use std::fmt::Write;

use fastrand::Rng;
use serde_json::json;
use steeple::metrics::{Escaping, Exemplar, Format, Matcher, NativeConfig, Registry};
use steeple_tests::{backends::read_back, process::sized};

use crate::exposition::values;

/// How many are read by one process, so that what waits for it stays small.
const AT_A_TIME: u64 = 5_000;

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn generated_registries_read_back_in_every_format() {
    let registries = sized(2 * AT_A_TIME, 100_000);
    let mut read = 0;
    for from in (0..registries).step_by(AT_A_TIME as usize) {
        let lines: String = (from..from + AT_A_TIME).map(line).collect();
        read += read_back(&lines).unwrap();
    }
    assert_eq!(read as u64, registries);
}

fn line(seed: u64) -> String {
    let registry = generated(&mut Rng::with_seed(seed));
    let rendered = |format| registry.exposition(format).flatten().collect::<Vec<u8>>();
    let text = |format| String::from_utf8(rendered(format)).unwrap();
    let mut hexadecimal = String::new();
    for byte in rendered(Format::Protobuf(Escaping::Underscores)) {
        write!(hexadecimal, "{byte:02x}").unwrap();
    }
    // Values as text: JSON knows no infinity.
    let samples: Vec<_> = values(&registry.snapshot())
        .into_iter()
        .map(|((name, labels), value)| json!([name, labels, value.to_string()]))
        .collect();
    let line = json!({
        "text": text(Format::Text),
        "open_metrics": text(Format::OpenMetrics(Escaping::Underscores)),
        "protobuf": hexadecimal,
        "samples": samples,
    });
    format!("{line}\n")
}

fn generated(rng: &mut Rng) -> Registry {
    let registry = Registry::builder()
        .exemplar_source(|| Some(Exemplar::new([0xa5; 16], [0x5a; 8])))
        .native_histograms(
            Matcher::full("histogram_0"),
            NativeConfig::new().with_classic_buckets(),
        )
        .summary(Matcher::full("histogram_1"), &[0.0, 0.5, 0.99, 1.0])
        .build()
        .unwrap();
    for _ in 0..rng.usize(..6) {
        let labels: Vec<(String, String)> = ["a", "b.c", "quantile_", "Z"][..rng.usize(..5)]
            .iter()
            .map(|name| ((*name).to_owned(), nasty(rng)))
            .collect();
        let labels: Vec<_> = labels
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let number = rng.u8(..3);
        match rng.u8(..3) {
            0 => registry
                .counter(&format!("counter.{number}"), &labels)
                .unwrap()
                .increment(rng.u64(..) >> rng.u32(11..64)),
            1 => registry
                .gauge(&format!("gauge_{number}"), &labels)
                .unwrap()
                .set(f64::from_bits(rng.u64(..))),
            _ => registry
                .histogram(&format!("histogram_{number}"), &labels)
                .unwrap()
                .record(rng.f64() * 20.0),
        }
    }
    registry
}

fn nasty(rng: &mut Rng) -> String {
    const PIECES: [&str; 12] = [
        "\"", "\\", "\n", "n", "{", "}", ",", "=", " # {", "le=\"1\"", "\r", "\u{1b}",
    ];
    (0..rng.usize(..5))
        .map(|_| match rng.u8(..2) {
            0 => rng.choice(PIECES).unwrap_or_default().to_owned(),
            _ => rng.char(..).to_string(),
        })
        .collect()
}
