use super::Escaping;

/// A format of an exposition, with the escaping of names where the format leaves a choice.
///
/// The formats have the same series under the same names, so that a scraper may change from one to another.
/// What each can say beyond that:
///
/// | | exemplars | units | creation times | native histograms |
/// |---|---|---|---|---|
/// | text | | | | |
/// | OpenMetrics | yes | yes | yes | |
/// | protobuf | yes | yes | yes | yes |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Format {
    /// The [text format](https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format) 0.0.4, which
    /// every scraper reads. Names are escaped with underscores.
    #[default]
    Text,
    /// The text format 1.0.0, which differs by the escaping of names.
    TextVersion1(Escaping),
    /// [OpenMetrics](https://prometheus.io/docs/specs/om/open_metrics_spec/) 1.0.0, as text.
    OpenMetrics(Escaping),
    /// Length-delimited messages of
    /// [`io.prometheus.client.MetricFamily`](https://github.com/prometheus/client_model/blob/v0.6.2/io/prometheus/client/metrics.proto).
    Protobuf(Escaping),
}

/// The media type with its parameter `escaping`.
macro_rules! with_escaping {
    ($escaping:expr, $media_type:literal) => {
        match $escaping {
            Escaping::Underscores => concat!($media_type, "; escaping=underscores"),
            Escaping::Dots => concat!($media_type, "; escaping=dots"),
            Escaping::Values => concat!($media_type, "; escaping=values"),
            Escaping::AllowUtf8 => concat!($media_type, "; escaping=allow-utf-8"),
        }
    };
}

impl Format {
    /// The value of the header `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::TextVersion1(escaping) => {
                with_escaping!(escaping, "text/plain; version=1.0.0; charset=utf-8")
            }
            Self::OpenMetrics(escaping) => with_escaping!(
                escaping,
                "application/openmetrics-text; version=1.0.0; charset=utf-8"
            ),
            Self::Protobuf(escaping) => with_escaping!(
                escaping,
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            ),
        }
    }

    /// How names are escaped.
    #[must_use]
    pub const fn escaping(self) -> Escaping {
        match self {
            Self::Text => Escaping::Underscores,
            Self::TextVersion1(escaping)
            | Self::OpenMetrics(escaping)
            | Self::Protobuf(escaping) => escaping,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types_say_version_and_escaping() {
        let cases = [
            (Format::Text, "text/plain; version=0.0.4; charset=utf-8"),
            (
                Format::TextVersion1(Escaping::Dots),
                "text/plain; version=1.0.0; charset=utf-8; escaping=dots",
            ),
            (
                Format::OpenMetrics(Escaping::AllowUtf8),
                "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
            ),
            (
                Format::OpenMetrics(Escaping::Underscores),
                "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores",
            ),
            (
                Format::Protobuf(Escaping::Values),
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=values",
            ),
        ];
        for (format, content_type) in cases {
            assert_eq!(format.content_type(), content_type);
        }
    }
}
