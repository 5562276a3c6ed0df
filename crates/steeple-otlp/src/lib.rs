//! Exports traces, metrics and logs over [OTLP](https://opentelemetry.io/docs/specs/otlp/) to any APM that speaks it.
