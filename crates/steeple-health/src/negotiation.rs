use steeple_core::ops::OpsRequest;

/// In which form details are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Plain JSON.
    Plain,
    /// The draft of the IETF.
    HealthJson,
}

impl Form {
    /// The form that the client likes best; the plain one where it likes both alike by a wildcard, or none.
    pub(crate) fn negotiate(request: &OpsRequest) -> Self {
        let liking = |form: Self| {
            let ranges = request.header_values("accept");
            let ranges = ranges.flat_map(|value| value.split(|byte| *byte == b','));
            ranges
                .filter_map(|range| quality_of(form.content_type(), range))
                .max()
                .unwrap_or(0)
        };
        let health_json = liking(Self::HealthJson);
        if health_json > 0 && health_json >= liking(Self::Plain) {
            Self::HealthJson
        } else {
            Self::Plain
        }
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Plain => "application/json",
            Self::HealthJson => "application/health+json",
        }
    }
}

/// The quality in thousandths that a [media range](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1) gives `media_type`, if it
/// names it.
fn quality_of(media_type: &str, range: &[u8]) -> Option<u16> {
    let mut parts = str::from_utf8(range).ok()?.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case(media_type) {
        return None;
    }
    let quality = parts.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.eq_ignore_ascii_case("q").then_some(value)
    });
    let quality = quality.and_then(|value| value.parse::<f32>().ok());
    Some((quality.unwrap_or(1.0).clamp(0.0, 1.0) * 1_000.0) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_names_it_gets_the_form_of_the_draft() {
        for (accept, form) in [
            ("application/health+json", Form::HealthJson),
            (
                "text/html, Application/Health+JSON ;q=0.5",
                Form::HealthJson,
            ),
            (
                "application/health+json, application/json",
                Form::HealthJson,
            ),
            (
                "application/health+json;q=0.5, application/json",
                Form::Plain,
            ),
            ("application/health+json;q=0", Form::Plain),
            ("application/json", Form::Plain),
            ("*/*", Form::Plain),
            ("\u{fffd};;,,q=", Form::Plain),
        ] {
            let request = OpsRequest::new("GET", "/health").with_header("accept", accept);
            assert_eq!(Form::negotiate(&request), form, "{accept}");
        }
        assert_eq!(
            Form::negotiate(&OpsRequest::new("GET", "/health")),
            Form::Plain
        );
    }
}
