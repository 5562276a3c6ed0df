use std::{
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use steeple_core::pipeline::{DropReason, Producer};
use steeple_metrics::Registry;

use super::{MetricSettings, memory::Memory, metric::MetricEncoder, points::Times};
use crate::encoded::Encoded;

/// Queues what there is to tell of a registry.
pub(crate) struct Collector {
    registry: Registry,
    producer: Producer<Encoded>,
    settings: MetricSettings,
    /// Held for a whole collection, so that intervals follow each other.
    memory: Mutex<Memory>,
}

impl Collector {
    pub(crate) fn new(
        registry: Registry,
        producer: Producer<Encoded>,
        settings: MetricSettings,
    ) -> Self {
        let memory = Memory::new(settings.temporality, registry.created());
        Self {
            registry,
            producer,
            settings,
            memory: Mutex::new(memory),
        }
    }

    pub(crate) fn collect(&self) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let collected = memory.collected();
        let times = Times {
            // The clock may have been set back.
            now: SystemTime::now().max(collected),
            collected,
        };
        for family in self.registry.snapshot().families {
            let encoder = MetricEncoder::new(&family, self.settings);
            let untold = encoder.encode(&mut memory, times, |part| self.producer.push(part));
            self.producer.skip_many(DropReason::Filtered, untold);
        }
        memory.end(times.now);
    }
}
