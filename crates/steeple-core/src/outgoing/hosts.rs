//! Which hosts are told of traces.

/// Hosts by name, and by what their names end in.
#[derive(Clone, Debug)]
pub(crate) struct Hosts(Vec<String>);

impl Hosts {
    pub(crate) fn new(hosts: impl IntoIterator<Item: Into<String>>) -> Self {
        Self(hosts.into_iter().map(Into::into).collect())
    }

    /// Whether `host` is one of them, or its name ends in one that begins with a dot.
    pub(crate) fn include(&self, host: &str) -> bool {
        self.0.iter().any(|known| {
            let end = match known.strip_prefix('.') {
                Some(_) => host.len().saturating_sub(known.len()),
                None => 0,
            };
            let named = host.get(end..);
            named.is_some_and(|name| name.eq_ignore_ascii_case(known))
        })
    }

    /// Whether `host` is one that is named whole.
    pub(crate) fn name(&self, host: &str) -> bool {
        self.0.iter().any(|known| known.eq_ignore_ascii_case(host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_named_whole_or_by_its_end() {
        let hosts = Hosts::new(["pay.example", ".shop.example", "::1"]);
        for inside in [
            "pay.example",
            "PAY.example",
            "a.shop.example",
            "a.b.Shop.example",
            "::1",
        ] {
            assert!(hosts.include(inside), "{inside}");
            assert_eq!(
                hosts.name(inside),
                !inside.to_lowercase().ends_with("shop.example"),
                "{inside}"
            );
        }
        for outside in [
            "",
            "example",
            "a.pay.example",
            "shop.example",
            "ashop.example",
            "pay.example.evil.example",
            "\u{e4}.example",
        ] {
            assert!(!hosts.include(outside), "{outside}");
        }
    }
}
