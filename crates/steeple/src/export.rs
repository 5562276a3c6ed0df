//! What is exported over OTLP, and where to.

use std::{borrow::Cow, ffi::OsString};

use steeple_core::{EnvironmentError, ObserverBuilder, Sampler};
use steeple_metrics::{Builder as RegistryBuilder, Matcher, NativeConfig, Registry};
use steeple_otlp::{HistogramAggregation, Otlp, OtlpBuilder, OtlpError, Probe, Signal, Value};

use crate::{
    builder::Configure,
    doctor::Exporter,
    environment::{EXPORT_ENDPOINTS, is_set},
    service_name::ServiceName,
    traces::Traces,
};

/// What the operator says of the export.
#[derive(Default)]
pub(crate) struct ExportEnvironment {
    otlp: OtlpBuilder,
    /// Those that have an endpoint, in the order of [`Signal::ALL`].
    has_endpoint: [bool; 3],
    sampler: Option<Sampler>,
}

impl ExportEnvironment {
    pub(crate) fn read(
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, EnvironmentError> {
        let [general, own @ ..] = EXPORT_ENDPOINTS.map(|key| is_set(&variable, key));
        Ok(Self {
            otlp: Otlp::builder().environment(&variable)?,
            has_endpoint: own.map(|own| own || general),
            sampler: Sampler::from_environment(variable)?,
        })
    }
}

/// What is to be exported.
#[derive(Default)]
pub(crate) struct ExportSettings {
    /// Nothing is, unless the operator wants it, before this is set.
    pub(crate) otlp: Option<Configure<OtlpBuilder>>,
    pub(crate) resource: Vec<(Cow<'static, str>, Value)>,
    pub(crate) redacted: Vec<String>,
}

impl ExportSettings {
    /// With the operator's word and the service's name; checked. There is none if no signal is exported.
    pub(crate) fn resolve(
        self,
        environment: &ExportEnvironment,
        name: &ServiceName,
    ) -> Result<Option<Export>, OtlpError> {
        let named = [("service.name".into(), Value::from(name.as_str().to_owned()))];
        let resource = named.into_iter().chain(self.resource);
        let otlp = resource.fold(environment.otlp.clone(), |otlp, (key, value)| {
            otlp.resource_attribute(key, value)
        });
        let otlp = match self.otlp {
            Some(configure) => configure(otlp),
            None => Signal::ALL
                .into_iter()
                .filter(|signal| !environment.has_endpoint[*signal as usize])
                .fold(otlp, OtlpBuilder::without),
        };
        if !Signal::ALL.into_iter().any(|signal| otlp.exports(signal)) {
            return Ok(None);
        }
        Ok(Some(Export {
            probe: otlp.probe()?,
            otlp,
            sampler: environment.sampler.clone(),
            redacted: self.redacted,
        }))
    }
}

/// What is going to be exported.
pub(crate) struct Export {
    otlp: OtlpBuilder,
    probe: Probe,
    sampler: Option<Sampler>,
    redacted: Vec<String>,
}

impl Export {
    /// Has `registry` count as is to be sent.
    pub(crate) fn fit(&self, registry: RegistryBuilder) -> RegistryBuilder {
        let counted = self.otlp.histogram_aggregation();
        if counted == HistogramAggregation::Exponential && self.otlp.exports(Signal::Metrics) {
            return registry.native_histograms(Matcher::prefix(""), NativeConfig::new());
        }
        registry
    }

    /// Whether logs are.
    #[cfg(feature = "logs")]
    pub(crate) fn has_logs(&self) -> bool {
        self.otlp.exports(Signal::Logs)
    }

    /// What of it the doctor looks at.
    pub(crate) fn for_doctor(&self) -> Exporter {
        Exporter::new(self.probe.clone(), self.otlp.exports(Signal::Traces))
    }

    /// Starts it. Nothing records traces that nobody sends.
    pub(crate) fn start(
        self,
        observer: ObserverBuilder,
        registry: &Registry,
        traces: Traces,
    ) -> Result<(Option<Otlp>, ObserverBuilder), OtlpError> {
        let otlp = self.otlp.start(registry.clone())?;
        let Some(spans) = otlp.request_spans() else {
            return Ok((Some(otlp), traces.pass_on(observer)));
        };
        let traces = traces.recorded();
        let traces = match self.sampler {
            Some(sampler) => traces.sampler(sampler),
            None => traces,
        };
        let observer = observer
            .traces(otlp.opentelemetry_context(traces))
            .sink(spans.redact_query(self.redacted));
        Ok((Some(otlp), observer))
    }
}
