//! Choosing a content coding by the header `Accept-Encoding`, as
//! [RFC 9110, section 12.5.3](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3) says.

use std::cmp::Reverse;

/// In thousandths.
const FULL_QUALITY: u16 = 1_000;

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    #[cfg(feature = "zstd")]
    Zstd,
    Gzip,
    Identity,
}

impl Encoding {
    /// What is offered unless more is asked for, the cheapest to send first.
    pub(crate) const OFFERS: &[Self] = &[Self::Gzip, Self::Identity];

    /// With zstd, too.
    #[cfg(feature = "zstd")]
    pub(crate) const OFFERS_WITH_ZSTD: &[Self] = &[Self::Zstd, Self::Gzip, Self::Identity];

    /// The offer that a client likes best, of equals the first, by the values of its header `Accept-Encoding`;
    /// `None` where it takes none.
    ///
    /// What the client does not name, by name or by `*`, it does not get, but for no compression, which it gets
    /// unless it refuses that.
    pub(crate) fn negotiate<'a>(
        offers: &[Self],
        accepted: impl IntoIterator<Item = &'a [u8]>,
    ) -> Option<Self> {
        let values: Vec<_> = accepted.into_iter().collect();
        let asked: Vec<_> = values
            .iter()
            .filter_map(|value| std::str::from_utf8(value).ok())
            .flat_map(|value| value.split(','))
            .map(coding)
            .collect();
        let quality = |offer: Self| {
            let named = asked.iter().find(|(name, _)| offer.is_called(name));
            let any = || asked.iter().find(|(name, _)| *name == "*");
            named.or_else(any).map(|(_, quality)| *quality)
        };
        let liked = |(position, offer): (usize, Self)| match quality(offer) {
            Some(0) => None,
            Some(quality) => Some((quality, Reverse(position), offer)),
            None => (offer == Self::Identity).then_some((0, Reverse(position), offer)),
        };
        let offers = offers.iter().copied().enumerate();
        offers
            .filter_map(liked)
            .max_by_key(|(quality, position, _)| (*quality, *position))
            .map(|(_, _, offer)| offer)
    }

    /// The value of the header `Content-Encoding`, where there is one.
    pub(crate) fn content_encoding(self) -> Option<&'static str> {
        match self {
            #[cfg(feature = "zstd")]
            Self::Zstd => Some("zstd"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    fn is_called(self, name: &str) -> bool {
        let own = self.content_encoding().unwrap_or("identity");
        name.eq_ignore_ascii_case(own) || self == Self::Gzip && name.eq_ignore_ascii_case("x-gzip")
    }
}

/// The name of a coding and its quality in thousandths; one that is no number from 0 to 1 is taken for 0.
fn coding(item: &str) -> (&str, u16) {
    let mut parts = item.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let quality = parts
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
        .map_or(FULL_QUALITY, |(_, value)| {
            let quality: f32 = value.trim().parse().unwrap_or_default();
            if (0.0..=1.0).contains(&quality) {
                (quality * f32::from(FULL_QUALITY)).round() as u16
            } else {
                0
            }
        });
    (name, quality)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn negotiated(accepted: &str) -> Option<Encoding> {
        Encoding::negotiate(Encoding::OFFERS, [accepted.as_bytes()])
    }

    #[test]
    fn real_clients_get_what_they_ask_for() {
        let cases = [
            // Prometheus and VictoriaMetrics
            ("gzip", Encoding::Gzip),
            // Prometheus with `enable_compression: false`, urllib, wget
            ("identity", Encoding::Identity),
            // curl --compressed
            ("deflate, gzip, br, zstd", Encoding::Gzip),
            // requests
            ("gzip, deflate", Encoding::Gzip),
            // browsers
            ("gzip, deflate, br, zstd", Encoding::Gzip),
        ];
        for (accepted, encoding) in cases {
            assert_eq!(negotiated(accepted), Some(encoding), "{accepted}");
        }
        let nothing_asked = Encoding::negotiate(Encoding::OFFERS, []);
        assert_eq!(nothing_asked, Some(Encoding::Identity));
    }

    #[test]
    fn qualities_decide() {
        let cases = [
            ("gzip;q=0.5, identity", Some(Encoding::Identity)),
            ("gzip;q=0.5, identity;q=0.499", Some(Encoding::Gzip)),
            ("gzip, identity", Some(Encoding::Gzip)),
            ("GZip ; Q=0.1", Some(Encoding::Gzip)),
            ("x-gzip", Some(Encoding::Gzip)),
            ("gzip;q=0", Some(Encoding::Identity)),
            ("gzip;q=2", Some(Encoding::Identity)),
            ("gzip;q=much", Some(Encoding::Identity)),
            ("br", Some(Encoding::Identity)),
            ("", Some(Encoding::Identity)),
            (";;=,,q", Some(Encoding::Identity)),
            ("*", Some(Encoding::Gzip)),
            ("*;q=0.5, gzip;q=0", Some(Encoding::Identity)),
            ("identity;q=0, *", Some(Encoding::Gzip)),
            ("identity;q=0, gzip;q=0.001", Some(Encoding::Gzip)),
            ("*;q=0.5, identity", Some(Encoding::Identity)),
            ("*;q=0, identity;q=0.1", Some(Encoding::Identity)),
            ("*;q=0", None),
            ("identity;q=0", None),
            ("identity;q=0, br", None),
        ];
        for (accepted, encoding) in cases {
            assert_eq!(negotiated(accepted), encoding, "{accepted}");
        }
    }

    #[test]
    fn several_headers_are_one_list() {
        let accepted = [&b"gzip;q=0.5"[..], b"identity;q=0.6", b"\xff"];
        let encoding = Encoding::negotiate(Encoding::OFFERS, accepted);
        assert_eq!(encoding, Some(Encoding::Identity));
    }

    #[cfg(feature = "zstd")]
    #[test]
    fn zstd_is_for_those_who_name_it_and_wins_a_tie() {
        let cases = [
            ("gzip", Encoding::Gzip),
            ("zstd", Encoding::Zstd),
            ("deflate, gzip, br, zstd", Encoding::Zstd),
            ("zstd;q=0.8, gzip", Encoding::Gzip),
            ("zstd;q=0, *", Encoding::Gzip),
        ];
        for (accepted, encoding) in cases {
            let offers = Encoding::OFFERS_WITH_ZSTD;
            let negotiated = Encoding::negotiate(offers, [accepted.as_bytes()]);
            assert_eq!(negotiated, Some(encoding), "{accepted}");
        }
    }
}
