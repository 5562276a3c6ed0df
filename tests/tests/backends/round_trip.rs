//! What generated registries hold is what Python's readers of all three formats read.

use std::{
    collections::{BTreeMap, BTreeSet},
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use fastrand::Rng;
use metrics::Unit;
use serde_json::json;
use steeple::metrics::{
    Escaping, Exemplar, Format, Kind, Matcher, NativeConfig, Registry, Snapshot,
};
use steeple_tests::backends::read_back;

use crate::facts::facts;

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
    let mut rng = Rng::with_seed(seed);
    let tells_creation = rng.bool();
    let began = milliseconds();
    let (registry, recorded) = generated(&mut rng, tells_creation);
    let ended = milliseconds();
    let snapshot = registry.snapshot();
    assert_eq!(series(&snapshot), recorded, "{seed}");
    let rendered = |format| registry.exposition(format).flatten().collect::<Vec<u8>>();
    let text = |format| String::from_utf8(rendered(format)).unwrap();
    let message = rendered(Format::Protobuf(Escaping::Underscores));
    let message: String = message.into_iter().map(char::from).collect();
    let line = json!({
        "text": text(Format::Text),
        "open_metrics": text(Format::OpenMetrics(Escaping::Underscores)),
        "protobuf": message,
        "held": facts(&snapshot, tells_creation),
        "created": [began, ended],
    });
    format!("{line}\n")
}

fn milliseconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_millis() as u64
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
fn generated(rng: &mut Rng, tells_creation: bool) -> (Registry, BTreeSet<Series>) {
    let native = NativeConfig::new().schema(rng.i8(-4..=8));
    let registry = Registry::builder()
        .exemplar_source(|| {
            let (trace, span) = (fastrand::u128(..), fastrand::u64(..));
            Some(Exemplar::new(trace.to_be_bytes(), span.to_be_bytes()))
        })
        .native_histograms(
            Matcher::full("histogram.0"),
            native.clone().with_classic_buckets(),
        )
        .native_histograms(
            Matcher::full("histogram.1"),
            native.zero_threshold(rng.f64()),
        )
        .summary(Matcher::full("histogram.2"), &[0.0, 0.5, 0.99, 1.0])
        .created_series(tells_creation)
        .build()
        .unwrap();
    let kinds = [Kind::Counter, Kind::Gauge, Kind::Histogram];
    let metrics =
        kinds.map(|kind| [0, 1, 2, 3].map(|number| described(rng, &registry, kind, number)));
    let mut recorded = BTreeSet::new();
    for _ in 0..rng.usize(..4) {
        let labels: Vec<(String, String)> = ["a", "b.c", "quantile_", "Z"][..rng.usize(..5)]
            .iter()
            .map(|name| ((*name).to_owned(), nasty(rng)))
            .collect();
        let (kind, number) = (rng.usize(..3), rng.usize(..4));
        let (name, exposed) = &metrics[kind][number];
        // An empty label is none.
        let told = labels.iter().filter(|(_, value)| !value.is_empty());
        let told = told.map(|(name, value)| (name.replace('.', "_"), value.clone()));
        recorded.insert((exposed.clone(), told.collect()));
        let labels: Vec<_> = labels
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        match kinds[kind] {
            Kind::Counter => {
                let counter = registry.counter(name, &labels).unwrap();
                counter.increment(rng.u64(..) >> rng.u32(11..64));
            }
            Kind::Gauge => {
                let gauge = registry.gauge(name, &labels).unwrap();
                gauge.set(f64::from_bits(rng.u64(..)));
            }
            _ => {
                let histogram = registry.histogram(name, &labels).unwrap();
                // The sum of the one that is native only may fall.
                let least = if number == 1 { -10.0 } else { 0.0 };
                for _ in 0..rng.usize(1..=50) {
                    histogram.record(least + rng.f64() * 20.0);
                }
            }
        }
    }
    (registry, recorded)
}

/// The names of a metric, as it is recorded and as Prometheus sees it; every other one is described.
fn described(rng: &mut Rng, registry: &Registry, kind: Kind, number: u8) -> (String, String) {
    let name = format!("{kind}.{number}");
    let mut exposed = format!("{kind}_{number}");
    if rng.bool() {
        let units = [None, Some(Unit::Seconds), Some(Unit::Bytes)];
        let unit = rng.choice(units).flatten();
        // The reader of the text format does not keep spaces at either end.
        let help = format!("What {} is.", nasty(rng));
        registry.describe(kind, &name, unit, &help).unwrap();
        exposed.extend(unit.iter().flat_map(|unit| ["_", unit.as_str()]));
    }
    if kind == Kind::Counter {
        exposed.push_str("_total");
    }
    (name, exposed)
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
