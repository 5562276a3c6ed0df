use std::sync::{Arc, OnceLock};

use steeple_core::Observer;
use steeple_metrics::Registry;

use super::{Code, Diagnosis, Severity, json, opentelemetry};
#[cfg(feature = "otlp")]
use super::{exporter::Exporter, subscriber};
use crate::lint::OwnMetrics;

/// Examines an instance, once there is one.
#[derive(Clone, Default)]
pub(crate) struct Doctor(Arc<OnceLock<Patient>>);

/// What of an instance is examined.
pub(crate) struct Patient {
    pub(crate) observer: Observer,
    pub(crate) registry: Registry,
    pub(crate) own_metrics: OwnMetrics,
    pub(crate) has_foreign_recorder: bool,
    #[cfg(feature = "otlp")]
    pub(crate) exporter: Option<Exporter>,
}

impl Doctor {
    /// Of an instance that observes nothing.
    pub(crate) fn of_disabled() -> Self {
        Self::default()
    }

    pub(crate) fn is_to_examine(&self, patient: Patient) {
        let _ = self.0.set(patient);
    }

    pub(crate) async fn examine(&self) -> Vec<Diagnosis> {
        let mut diagnoses: Vec<_> = of_panics(cfg!(panic = "abort")).into_iter().collect();
        diagnoses.extend(opentelemetry::examine().await);
        match self.0.get() {
            Some(patient) => patient.examine(&mut diagnoses).await,
            None => diagnoses.push(disabled()),
        }
        diagnoses
    }

    /// What is found, as `GET /api/doctor` answers it.
    pub(crate) async fn report(self) -> String {
        json::document(&self.examine().await)
    }
}

impl Patient {
    async fn examine(&self, diagnoses: &mut Vec<Diagnosis>) {
        #[cfg(feature = "otlp")]
        if let Some(exporter) = &self.exporter {
            diagnoses.extend(exporter.examine().await);
            if exporter.exports_traces() {
                diagnoses.extend(self.sampling());
                diagnoses.extend(subscriber::examine());
            }
        }
        if self.observer.is_applied_twice() {
            diagnoses.push(layer_twice());
        }
        if self.has_foreign_recorder {
            diagnoses.push(foreign_recorder());
        }
        let findings = self.registry.lint();
        let findings = findings
            .iter()
            .filter(|finding| !self.own_metrics.have(finding));
        diagnoses.extend(findings.map(Diagnosis::of_metric));
    }

    #[cfg(feature = "otlp")]
    fn sampling(&self) -> Option<Diagnosis> {
        self.observer.is_sampling_off().then(|| {
            Diagnosis::new(
                Code::SamplingOff,
                Severity::Warning,
                "traces are exported, but no sampler ever records one",
                "set another sampler, in `traces` or OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG, or export no traces",
            )
        })
    }
}

fn disabled() -> Diagnosis {
    Diagnosis::new(
        Code::Disabled,
        Severity::Warning,
        "nothing is observed: steeple is switched off, or could not be started",
        "unset OTEL_SDK_DISABLED, or look at the log for why it could not be started",
    )
}

fn of_panics(abort: bool) -> Option<Diagnosis> {
    abort.then(|| {
        Diagnosis::new(
            Code::PanicAborts,
            Severity::Warning,
            "a panic ends the process, and neither its request nor those beside it are told of",
            "remove `panic = \"abort\"` from the profile",
        )
    })
}

fn layer_twice() -> Diagnosis {
    Diagnosis::new(
        Code::LayerTwice,
        Severity::Warning,
        "the layer is applied twice to the same requests, which count once",
        "remove one of the two",
    )
}

fn foreign_recorder() -> Diagnosis {
    Diagnosis::new(
        Code::ForeignRecorder,
        Severity::Note,
        "another metrics recorder was installed before: the application's own metrics go to it alone, and are neither \
         at /metrics nor exported",
        "install steeple first, or leave the other one out",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_panics_abort_is_told() {
        assert_eq!(of_panics(false), None);
        assert_eq!(of_panics(true).unwrap().code, Code::PanicAborts);
    }
}
