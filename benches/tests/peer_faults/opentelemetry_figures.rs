//! Figures out of what an OpenTelemetry SDK would export.
//!
//! The two SDK releases have the same types under other names, hence a macro.

macro_rules! figures {
    ($function:ident, $sdk:ident) => {
        pub(crate) fn $function(
            provider: &$sdk::metrics::SdkMeterProvider,
            exporter: &$sdk::metrics::InMemoryMetricExporter,
        ) -> crate::figures::Figures {
            use $sdk::metrics::data::{AggregatedMetrics, MetricData};

            exporter.reset();
            provider.force_flush().expect("memory takes every export");
            let exported = exporter.get_finished_metrics().expect("memory is readable");
            let mut figures = crate::figures::Figures {
                in_flight: Some(0),
                ..Default::default()
            };
            let metrics = exported
                .iter()
                .flat_map(|resource| resource.scope_metrics())
                .flat_map(|scope| scope.metrics());
            for metric in metrics {
                match (metric.name(), metric.data()) {
                    (
                        "http.server.request.duration",
                        AggregatedMetrics::F64(MetricData::Histogram(histogram)),
                    ) => {
                        for point in histogram.data_points() {
                            figures.recorded += point.count();
                            for attribute in point.attributes() {
                                match attribute.key.as_str() {
                                    "http.route" => {
                                        figures.routes.push(attribute.value.to_string());
                                    }
                                    "otel.metric.overflow" => figures.overflowed += point.count(),
                                    _ => {}
                                }
                            }
                        }
                    }
                    (
                        "http.server.active_requests",
                        AggregatedMetrics::I64(MetricData::Sum(sum)),
                    ) => {
                        figures.in_flight =
                            Some(sum.data_points().map(|point| point.value()).sum());
                    }
                    _ => {}
                }
            }
            figures
        }
    };
}

figures!(figures, opentelemetry_sdk);
figures!(figures_032, opentelemetry_sdk_032);
