//! What the snapshot of a registry has its expositions tell.

use std::{collections::BTreeMap, time::UNIX_EPOCH};

use serde_json::{Value as Json, json};
use steeple::metrics::{
    Exemplar, FamilySnapshot, HistogramSnapshot, Kind, NativeSnapshot, RecordedExemplar, Snapshot,
    Value,
};

use crate::exposition::values;

/// Facts by the formats that tell them. A fact is what it is about, a name, labels, and what is so.
pub(crate) type Facts = BTreeMap<&'static str, Vec<Json>>;

const EVERYWHERE: &str = "text open_metrics protobuf";
const OPEN_METRICS: &str = "open_metrics";
const PROTOBUF: &str = "protobuf";
const NOT_TEXT: &str = "open_metrics protobuf";
const NOT_OPEN_METRICS: &str = "text protobuf";

type Labels = BTreeMap<String, String>;

pub(crate) fn facts(snapshot: &Snapshot, tells_creation: bool) -> Facts {
    let mut facts = Facts::new();
    let mut put = |formats, about: &str, name: &str, labels: &Labels, fact: Json| {
        let fact = json!([about, name, labels, fact]);
        facts.entry(formats).or_default().push(fact);
    };
    let mut falling = Vec::new();
    for family in &snapshot.families {
        let name = &*family.name;
        let described = json!([kind(family), &*family.help]);
        put(EVERYWHERE, "family", name, &Labels::new(), described);
        if let Some(unit) = &family.unit {
            put(NOT_TEXT, "unit", name, &Labels::new(), json!(unit.as_str()));
        }
        for series in &family.series {
            let pairs = series.labels.iter();
            let labels: Labels = pairs
                .map(|(name, value)| (name.to_owned(), value.into_owned()))
                .collect();
            if tells_creation && family.kind != Kind::Gauge {
                put(NOT_TEXT, "created", name, &labels, json!("in time"));
            }
            let Value::Histogram(histogram) = &series.value else {
                continue;
            };
            if may_fall(histogram) {
                let sample_of = |suffix| (format!("{name}{suffix}"), labels.clone());
                falling.extend(["_sum", "_count"].map(sample_of));
            }
            // The text has the last exemplar of a native histogram, the message all.
            let is_native = histogram.bounds().is_empty();
            let formats = if is_native { OPEN_METRICS } else { NOT_TEXT };
            for (bucket, (bound, _)) in histogram.cumulative().enumerate() {
                if let Some(recorded) = histogram.exemplar(bucket) {
                    let mut labels = labels.clone();
                    labels.insert("le".to_owned(), bound.to_owned());
                    let bucket = format!("{name}_bucket");
                    put(formats, "exemplar", &bucket, &labels, exemplar(&recorded));
                }
            }
            if is_native {
                let all: Vec<_> = histogram.exemplars().map(|kept| exemplar(&kept)).collect();
                put(PROTOBUF, "exemplars", name, &labels, json!(all));
            }
            if let Some(buckets) = histogram.native() {
                put(PROTOBUF, "native", name, &labels, native(buckets));
            }
        }
    }
    for (series, value) in values(snapshot) {
        let formats = if falling.contains(&series) {
            NOT_OPEN_METRICS
        } else {
            EVERYWHERE
        };
        // As text: JSON knows no infinity.
        let (name, labels) = series;
        put(formats, "sample", &name, &labels, json!(value.to_string()));
    }
    facts
}

fn kind(family: &FamilySnapshot) -> &'static str {
    let mut series = family.series.iter();
    if series.any(|series| series.value.as_summary().is_some()) {
        "summary"
    } else {
        family.kind.as_str()
    }
}

/// Whether OpenMetrics does not allow the sum, and with it the count.
fn may_fall(histogram: &HistogramSnapshot) -> bool {
    let native = histogram.native();
    histogram.sum() < 0.0 || native.is_some_and(|native| !native.negative.is_empty())
}

fn exemplar(recorded: &RecordedExemplar) -> Json {
    let Exemplar {
        trace_id, span_id, ..
    } = recorded.exemplar;
    let labels = json!({
        "trace_id": format!("{:032x}", u128::from_be_bytes(trace_id)),
        "span_id": format!("{:016x}", u64::from_be_bytes(span_id)),
    });
    let since = recorded.at.duration_since(UNIX_EPOCH).unwrap();
    json!([labels, recorded.value, since.as_millis() as u64])
}

fn native(buckets: &NativeSnapshot) -> Json {
    let NativeSnapshot {
        schema,
        zero_threshold,
        zero_count,
        positive,
        negative,
        ..
    } = buckets;
    json!([schema, zero_threshold, zero_count, positive, negative])
}
