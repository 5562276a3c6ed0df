//! Choosing a format by the header `Accept`, as [RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#name-accept) and
//! Prometheus' [content negotiation](https://prometheus.io/docs/instrumenting/content_negotiation/) say.

use std::cmp::Reverse;

use super::{Escaping, Format};

/// In thousandths.
const FULL_QUALITY: u16 = 1_000;

/// What there is, the format that most readers understand first.
const OFFERS: [fn(Escaping) -> Format; 4] = [
    |_| Format::Text,
    Format::OpenMetrics,
    Format::Protobuf,
    Format::TextVersion1,
];

impl Format {
    /// The format that a scraper likes best, by the values of its header `Accept`; [`Format::Text`] where there is
    /// none, or none that can be had.
    ///
    /// Where the scraper says no `escaping`, it is [`Escaping::Underscores`].
    ///
    /// ```
    /// use steeple_metrics::{Escaping, Format};
    ///
    /// let accept = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,*/*;q=0.5";
    /// assert_eq!(Format::negotiate([accept]), Format::OpenMetrics(Escaping::AllowUtf8));
    /// assert_eq!(Format::negotiate(None::<&str>), Format::Text);
    /// ```
    #[must_use]
    pub fn negotiate(accept: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Self {
        let values: Vec<_> = accept.into_iter().collect();
        let ranges: Vec<_> = values
            .iter()
            .filter_map(|value| std::str::from_utf8(value.as_ref()).ok())
            .flat_map(|value| value.split(','))
            .map(Range::parse)
            .collect();
        let liking = |offer: fn(Escaping) -> Self| {
            let format = offer(Escaping::Underscores);
            let matching = ranges.iter().enumerate().filter_map(|(position, range)| {
                let specificity = range.specificity_for(format)?;
                Some((specificity, range.quality, Reverse(position)))
            });
            // The most specific range is the one that counts.
            let (specificity, quality, position) = matching.max()?;
            let format = offer(ranges[position.0].escaping);
            (quality > 0).then_some(((quality, specificity, position), format))
        };
        // Of equals the first offer, which `max_by_key` takes if it comes last.
        let liked = OFFERS.into_iter().rev().filter_map(liking);
        liked
            .max_by_key(|(liking, _)| *liking)
            .map_or(Self::Text, |(_, format)| format)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Specificity {
    /// `*/*`
    Anything,
    /// `text/*`
    Type,
    /// `text/plain`
    Format,
}

/// One of the media ranges of the header.
#[derive(Debug, Clone, Copy)]
struct Range<'a> {
    media_type: &'a str,
    version: Option<&'a str>,
    proto: Option<&'a str>,
    encoding: Option<&'a str>,
    escaping: Escaping,
    quality: u16,
}

impl<'a> Range<'a> {
    fn parse(range: &'a str) -> Self {
        let mut parts = range.split(';').map(str::trim);
        let mut parsed = Self {
            media_type: parts.next().unwrap_or_default(),
            version: None,
            proto: None,
            encoding: None,
            escaping: Escaping::Underscores,
            quality: FULL_QUALITY,
        };
        for (name, value) in parts.filter_map(|parameter| parameter.split_once('=')) {
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "version" => parsed.version = Some(value),
                "proto" => parsed.proto = Some(value),
                "encoding" => parsed.encoding = Some(value),
                "escaping" => parsed.escaping = Escaping::from_parameter(value),
                "q" => parsed.quality = quality(value),
                _ => {}
            }
        }
        parsed
    }

    /// How specifically the range names the format; `None` if it does not.
    fn specificity_for(&self, format: Format) -> Option<Specificity> {
        let is = |media_type: &str| self.media_type.eq_ignore_ascii_case(media_type);
        let is_version = |version| self.version.is_none_or(|asked| asked == version);
        let (any_of_type, named) = match format {
            Format::Text => ("text/*", is("text/plain") && is_version("0.0.4")),
            Format::TextVersion1(_) => {
                ("text/*", is("text/plain") && self.version == Some("1.0.0"))
            }
            Format::OpenMetrics(_) => (
                "application/*",
                is("application/openmetrics-text") && is_version("1.0.0"),
            ),
            Format::Protobuf(_) => (
                "application/*",
                is("application/vnd.google.protobuf")
                    && self.proto == Some("io.prometheus.client.MetricFamily")
                    && self.encoding == Some("delimited"),
            ),
        };
        if named {
            Some(Specificity::Format)
        } else if is(any_of_type) {
            Some(Specificity::Type)
        } else {
            is("*/*").then_some(Specificity::Anything)
        }
    }
}

/// A quality in thousandths; one that is no number between 0 and 1 is taken for 0.
fn quality(value: &str) -> u16 {
    let quality: f32 = value.parse().unwrap_or_default();
    if (0.0..=1.0).contains(&quality) {
        (quality * f32::from(FULL_QUALITY)).round() as u16
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROTOBUF: &str = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

    fn negotiated(accept: &str) -> Format {
        Format::negotiate([accept])
    }

    #[test]
    fn every_prometheus_gets_what_it_likes_best() {
        let cases = [
            // 2.42
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1".to_owned(),
                Format::OpenMetrics(Escaping::Underscores),
            ),
            // 2.42 with native histograms
            (
                format!("{PROTOBUF},application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
                Format::Protobuf(Escaping::Underscores),
            ),
            // 2.49 and later
            (
                "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2".to_owned(),
                Format::OpenMetrics(Escaping::Underscores),
            ),
            // 3.0, which says the escaping of all formats
            (
                format!("{PROTOBUF};escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.4,application/openmetrics-text;version=0.0.1;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;escaping=allow-utf-8;q=0.2,*/*;q=0.1"),
                Format::Protobuf(Escaping::AllowUtf8),
            ),
            // 3.4 and later
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2".to_owned(),
                Format::OpenMetrics(Escaping::AllowUtf8),
            ),
            // 3.4 and later with native histograms
            (
                format!("{PROTOBUF};q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"),
                Format::Protobuf(Escaping::Underscores),
            ),
            // 3 that is told to scrape texts, with `metric_name_escaping_scheme: dots`
            (
                "text/plain;version=1.0.0;escaping=dots;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.4".to_owned(),
                Format::TextVersion1(Escaping::Dots),
            ),
            (
                "application/openmetrics-text;version=0.0.1;q=0.6,text/plain;version=1.0.0;escaping=values;q=0.5,*/*;q=0.4".to_owned(),
                Format::TextVersion1(Escaping::Values),
            ),
        ];
        for (accept, format) in cases {
            assert_eq!(negotiated(&accept), format, "{accept}");
        }
    }

    #[test]
    fn whoever_asks_for_nothing_special_gets_text() {
        for accept in [
            "",
            "*/*",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "text/plain;version=0.0.4;q=1,*/*;q=0.1",
            "text/plain",
            "application/json",
            "application/openmetrics-text;version=2.0.0",
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
            "application/vnd.google.protobuf",
            ";;=,,q",
        ] {
            assert_eq!(negotiated(accept), Format::Text, "{accept}");
        }
        assert_eq!(Format::negotiate(None::<&str>), Format::Text);
        assert_eq!(Format::negotiate([b"\xff"]), Format::Text);
    }

    #[test]
    fn qualities_and_specific_ranges_decide() {
        let open_metrics = Format::OpenMetrics(Escaping::Underscores);
        let protobuf = Format::Protobuf(Escaping::Underscores);
        let cases = [
            ("application/openmetrics-text", open_metrics),
            (
                "Application/OpenMetrics-Text; Version=\"1.0.0\" ; Q=0.9, text/plain;q=0.3",
                open_metrics,
            ),
            (
                "text/plain;q=0.3,application/openmetrics-text;q=0.301",
                open_metrics,
            ),
            (
                "application/openmetrics-text;q=0.5,text/plain;q=0.5",
                open_metrics,
            ),
            (
                "text/plain;q=0.5,application/openmetrics-text;q=0.5",
                Format::Text,
            ),
            ("*/*,text/plain;q=0.5", open_metrics),
            ("*/*,text/*;q=0", open_metrics),
            (
                "application/*,application/openmetrics-text;q=0.1,text/plain;q=0.2",
                protobuf,
            ),
            (
                "application/openmetrics-text;q=0,text/plain;q=0.1",
                Format::Text,
            ),
            (
                "application/openmetrics-text;q=2,text/plain;q=0.1",
                Format::Text,
            ),
            (
                "application/openmetrics-text;escaping=unheard-of",
                open_metrics,
            ),
        ];
        for (accept, format) in cases {
            assert_eq!(negotiated(accept), format, "{accept}");
        }
    }

    #[test]
    fn several_headers_are_one_list() {
        let accept = ["text/plain;q=0.5", "application/openmetrics-text;q=0.6"];
        assert_eq!(
            Format::negotiate(accept),
            Format::OpenMetrics(Escaping::Underscores)
        );
    }
}
