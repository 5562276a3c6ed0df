//! What generated registries hold is what Python's readers of all three formats read.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    thread,
};

use fastrand::Rng;
use serde_json::json;
use steeple::metrics::{Escaping, Exemplar, Format, Matcher, NativeConfig, Registry, Snapshot};
use steeple_tests::backends::read_back;

use crate::exposition::values;

const REGISTRIES: u64 = 100_000;
const READERS: u64 = 2;
/// How many are read by one process, so that what waits for it stays small.
const AT_A_TIME: u64 = 5_000;

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn a_hundred_thousand_registries_read_back_in_every_format() {
    let read = |reader: u64| {
        let batches = (0..REGISTRIES / AT_A_TIME).filter(|batch| batch % READERS == reader);
        let of_batch = |batch: u64| {
            let seeds = batch * AT_A_TIME..(batch + 1) * AT_A_TIME;
            read_back(&seeds.map(line).collect::<String>()).unwrap()
        };
        batches.map(of_batch).sum::<usize>()
    };
    let read: usize = thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS)
            .map(|reader| scope.spawn(move || read(reader)))
            .collect();
        readers
            .into_iter()
            .map(|reader| reader.join().unwrap())
            .sum()
    });
    assert_eq!(read as u64, REGISTRIES);
}

fn line(seed: u64) -> String {
    let (registry, recorded) = generated(&mut Rng::with_seed(seed));
    let snapshot = registry.snapshot();
    assert_eq!(series(&snapshot), recorded, "{seed}");
    let rendered = |format| registry.exposition(format).flatten().collect::<Vec<u8>>();
    let text = |format| String::from_utf8(rendered(format)).unwrap();
    let mut hexadecimal = String::new();
    for byte in rendered(Format::Protobuf(Escaping::Underscores)) {
        write!(hexadecimal, "{byte:02x}").unwrap();
    }
    // Values as text: JSON knows no infinity.
    let samples: Vec<_> = values(&snapshot)
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

/// The name of a metric and the labels of a series.
type Series = (String, BTreeMap<String, String>);

/// What the snapshot holds beside the registry's own.
fn series(snapshot: &Snapshot) -> BTreeSet<Series> {
    let families = snapshot.families.iter();
    let recorded = families.filter(|family| !family.name.starts_with("steeple_"));
    recorded
        .flat_map(|family| family.series.iter().map(move |series| (family, series)))
        .map(|(family, series)| {
            let labels = series.labels.iter();
            let labels = labels.map(|(name, value)| (name.to_owned(), value.into_owned()));
            (family.name.to_string(), labels.collect())
        })
        .collect()
}

/// A registry, and what was recorded into it by the names that Prometheus sees.
fn generated(rng: &mut Rng) -> (Registry, BTreeSet<Series>) {
    let mut recorded = BTreeSet::new();
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
        let mut record = |name: String| {
            // An empty label is none.
            let labels = labels.iter().filter(|(_, value)| !value.is_empty());
            let labels = labels.map(|(name, value)| (name.replace('.', "_"), (*value).to_owned()));
            recorded.insert((name, labels.collect()));
        };
        match rng.u8(..3) {
            0 => {
                record(format!("counter_{number}_total"));
                let counter = registry.counter(&format!("counter.{number}"), &labels);
                counter.unwrap().increment(rng.u64(..) >> rng.u32(11..64));
            }
            1 => {
                let name = format!("gauge_{number}");
                let gauge = registry.gauge(&name, &labels).unwrap();
                record(name);
                gauge.set(f64::from_bits(rng.u64(..)));
            }
            _ => {
                let name = format!("histogram_{number}");
                let histogram = registry.histogram(&name, &labels).unwrap();
                record(name);
                histogram.record(rng.f64() * 20.0);
            }
        }
    }
    (registry, recorded)
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
