use steeple_metrics::{
    FamilySnapshot,
    protobuf::{push_nested, push_string, push_unsigned},
};

use super::{
    MetricSettings, Temporality,
    instruments::{counted, is_up_down_counter},
    memory::Memory,
    points::{self, Shape, Times},
    unit::ucum,
};
use crate::{
    encoded::Encoded,
    fields::{envelope, metric},
};

/// Points with more bytes than this go on as another metric of the same name, so that requests keep their size.
const CHUNK: usize = 64 << 10;

/// Writes what there is to tell of a metric.
pub(super) struct MetricEncoder<'a> {
    family: &'a FamilySnapshot,
    settings: MetricSettings,
    /// Of the points that are collected.
    shape: Option<Shape>,
    points: Vec<u8>,
    count: u32,
}

impl<'a> MetricEncoder<'a> {
    pub(super) fn new(family: &'a FamilySnapshot, settings: MetricSettings) -> Self {
        Self {
            family,
            settings,
            shape: None,
            points: Vec::new(),
            count: 0,
        }
    }

    /// Gives `send` the metric in as many parts as it needs, and tells how many series cannot be told.
    pub(super) fn encode(
        mut self,
        memory: &mut Memory,
        times: Times,
        mut send: impl FnMut(Encoded),
    ) -> u64 {
        let mut untold = 0;
        let family = self.family;
        let goes_up_and_down = is_up_down_counter(&family.recorded_name);
        for series in &family.series {
            let shape = Shape::of(&series.value, goes_up_and_down, self.settings.histograms);
            let Some(shape) = shape else {
                untold += 1;
                continue;
            };
            if let Some(reading) = memory.read(&family.recorded_name, series) {
                if self.points.len() > CHUNK || self.shape != Some(shape) {
                    send_some(self.take(), &mut send);
                }
                self.shape = Some(shape);
                points::push(&mut self.points, shape, &series.labels, &reading, times);
                self.count += 1;
            }
        }
        send_some(self.take(), &mut send);
        untold
    }

    /// What was collected, if it is anything.
    fn take(&mut self) -> Option<Encoded> {
        let shape = self.shape.take()?;
        let mut bytes = Vec::with_capacity(self.points.len() + 256);
        push_nested(&mut bytes, envelope::ITEMS, |message| {
            self.push(message, shape)
        });
        self.points.clear();
        Some(Encoded {
            bytes,
            count: std::mem::take(&mut self.count),
        })
    }

    fn push(&self, message: &mut Vec<u8>, shape: Shape) {
        let Self { family, points, .. } = self;
        push_string(message, metric::NAME, &family.recorded_name);
        push_string(message, metric::DESCRIPTION, &family.help);
        push_string(message, metric::UNIT, self.unit());
        let (field, is_monotonic, has_temporality) = match shape {
            Shape::Gauge => (metric::GAUGE, false, false),
            Shape::UpDownCounter => (metric::SUM, false, true),
            Shape::Counter => (metric::SUM, true, true),
            Shape::Histogram => (metric::HISTOGRAM, false, true),
            Shape::Exponential => (metric::EXPONENTIAL_HISTOGRAM, false, true),
            Shape::Summary => (metric::SUMMARY, false, false),
        };
        push_nested(message, field, |data| {
            data.extend_from_slice(points);
            if has_temporality {
                push_unsigned(data, metric::TEMPORALITY, self.temporality(shape));
            }
            if is_monotonic {
                push_unsigned(data, metric::MONOTONIC, 1);
            }
        });
    }

    fn unit(&self) -> &'static str {
        match self.family.unit.map_or("", ucum) {
            "" => counted(&self.family.recorded_name),
            unit => unit,
        }
    }

    /// As the enum `AggregationTemporality` has it.
    fn temporality(&self, shape: Shape) -> u64 {
        match (self.settings.temporality, shape) {
            (Temporality::Delta, Shape::Counter | Shape::Histogram | Shape::Exponential) => 1,
            _ => 2,
        }
    }
}

fn send_some(encoded: Option<Encoded>, send: &mut impl FnMut(Encoded)) {
    if let Some(encoded) = encoded {
        send(encoded);
    }
}
