//! The names that the request metrics can go by.

use std::str::FromStr;

/// By which names and labels the request metrics go.
///
/// Those of other crates are for dashboards and alerts that were made for them and that are to go on unchanged. What counts
/// is steeple's all the same: a panic that is answered with 500 counts as one, and nothing that a client makes up becomes a
/// label. So `endpoint`, for which both crates put the path of a request that no route matched, is `_UNMATCHED` there, and a
/// method that nobody knows is the one that stands for all of these. Labels of the application's own come on top, but not
/// on the gauges.
///
/// The gauges stand under the route as it is known when a request begins: with axum the one that matched, with actix-web
/// and bare tower services, whose routing comes after, `_UNMATCHED`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetricNames {
    /// `http_server_request_duration_seconds` and the others of the
    /// [semantic conventions](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/http/http-metrics.md)
    /// and of their manner. Written `semantic-conventions`.
    SemanticConventions,
    /// What many services call theirs: `http_requests_total` and `http_request_duration_seconds` by `method`, `route` and
    /// `status`, `http_requests_in_flight` by `method` and `route`. Written `classic`.
    ///
    /// A request that was not answered counts without `status`; the duration ends with the response's body.
    Classic,
    /// The defaults of [axum-prometheus 0.10](https://docs.rs/axum-prometheus/0.10.1): `axum_http_requests_total` and
    /// `axum_http_requests_duration_seconds` by `method`, `endpoint` and `status`, `axum_http_requests_pending` by `method`
    /// and `endpoint`. Written `axum-prometheus`.
    ///
    /// Only requests that were answered count; the duration ends with the response's head. `method` is empty for all
    /// but those of RFC 9110 and PATCH.
    AxumPrometheus,
    /// The defaults of [actix-web-prom 0.10](https://docs.rs/actix-web-prom/0.10.0): `api_http_requests_total` and
    /// `api_http_requests_duration_seconds`, for the namespace `api`, by `endpoint`, `method` and `status`. Written
    /// `actix-web-prom:api`.
    ///
    /// Only requests that were answered count; the duration ends with the response's body.
    ActixWebProm {
        /// What was given to `PrometheusMetricsBuilder::new`: empty, or letters, digits, `_` and `:`, not a digit first.
        namespace: String,
    },
}

/// These are no names that metrics can go by.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` are no names of metrics; use `semantic-conventions`, `classic`, `axum-prometheus` or \
     `actix-web-prom:NAMESPACE`, with a namespace of letters, digits, `_` and `:`, not a digit first"
)]
pub struct UnknownMetricNames(String);

impl FromStr for MetricNames {
    type Err = UnknownMetricNames;

    fn from_str(text: &str) -> Result<Self, UnknownMetricNames> {
        let unknown = || UnknownMetricNames(text.to_owned());
        let names = match text {
            "semantic-conventions" => Self::SemanticConventions,
            "classic" => Self::Classic,
            "axum-prometheus" => Self::AxumPrometheus,
            _ => {
                let namespace = text.strip_prefix("actix-web-prom:").ok_or_else(unknown)?;
                let namespace = namespace.to_owned();
                Self::ActixWebProm { namespace }
            }
        };
        match names.invalid_namespace() {
            None => Ok(names),
            Some(_) => Err(unknown()),
        }
    }
}

impl MetricNames {
    /// The namespace, if it can be none.
    pub(crate) fn invalid_namespace(&self) -> Option<&str> {
        let Self::ActixWebProm { namespace } = self else {
            return None;
        };
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_:".contains(&byte);
        let valid = !namespace.starts_with(|first: char| first.is_ascii_digit())
            && namespace.bytes().all(allowed);
        (!valid).then_some(namespace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        let api = MetricNames::ActixWebProm {
            namespace: "api".to_owned(),
        };
        for (text, names) in [
            ("semantic-conventions", MetricNames::SemanticConventions),
            ("classic", MetricNames::Classic),
            ("axum-prometheus", MetricNames::AxumPrometheus),
            ("actix-web-prom:api", api),
        ] {
            assert_eq!(text.parse(), Ok(names));
        }
        for text in [
            "",
            "Classic",
            "axum_prometheus",
            "actix-web-prom",
            "actix-web-prom:2a",
        ] {
            let error = text.parse::<MetricNames>().unwrap_err().to_string();
            assert!(error.contains(text) && error.contains("use `"), "{error}");
        }
    }

    #[test]
    fn a_namespace_is_the_beginning_of_a_name() {
        let invalid = |namespace: &str| {
            let namespace = namespace.to_owned();
            MetricNames::ActixWebProm { namespace }
                .invalid_namespace()
                .is_some()
        };
        for namespace in ["", "api", "_a:b_2"] {
            assert!(!invalid(namespace), "{namespace}");
        }
        for namespace in ["2a", "a-b", "a.b", "ä"] {
            assert!(invalid(namespace), "{namespace}");
        }
    }
}
